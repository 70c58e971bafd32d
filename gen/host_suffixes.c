/*
 * A part of what publicsuffix.org lists, by rule instead of by copy: every top-level name; the
 * usual second level below a country ("co.uk"); and the large services that give each customer a
 * name of their own. A test measures how much of the published list this finds.
 */
#include "host_suffixes.h"

#include <stddef.h>
#include <string.h>

/* Registries' own second levels, used below a two-letter country. */
static const char *const second_levels[] = {
    "ac",  "asso", "art", "biz", "co",     "com",   "edu", "firm", "gen",  "go",
    "gob", "gouv", "gov", "gub", "gv",     "id",    "ind", "inf",  "info", "k12",
    "lg",  "ltd",  "med", "mil", "mod",    "name",  "ne",  "net",  "nhs",  "nic",
    "nom", "or",   "org", "plc", "police", "press", "pro", "sch",  "web",
};

/* Hosting on shared names; each customer chooses what stands in front. */
static const char *const services[] = {
    "amazonaws.com",
    "awsapprunner.com",
    "azure-api.net",
    "azureedge.net",
    "azurefd.net",
    "azurewebsites.net",
    "blob.core.windows.net",
    "cloudapp.net",
    "cloudapp.azure.com",
    "cloudfront.net",
    "cloudfunctions.net",
    "codeberg.page",
    "deno.dev",
    "digitaloceanspaces.com",
    "duckdns.org",
    "elasticbeanstalk.com",
    "fastly.net",
    "firebaseapp.com",
    "firebaseio.com",
    "fly.dev",
    "gitbook.io",
    "github.dev",
    "github.io",
    "gitlab.io",
    "glitch.me",
    "googleapis.com",
    "googleusercontent.com",
    "githubusercontent.com",
    "herokuapp.com",
    "hf.space",
    "loca.lt",
    "myshopify.com",
    "netlify.app",
    "ngrok.app",
    "ngrok.dev",
    "ngrok.io",
    "ngrok-free.app",
    "nip.io",
    "on.aws",
    "ondigitalocean.app",
    "onrender.com",
    "pages.dev",
    "pythonanywhere.com",
    "r2.dev",
    "railway.app",
    "readthedocs.io",
    "repl.co",
    "replit.app",
    "replit.dev",
    "run.app",
    "sslip.io",
    "storage.googleapis.com",
    "supabase.co",
    "surge.sh",
    "trafficmanager.net",
    "trycloudflare.com",
    "vercel.app",
    "vercel.dev",
    "web.app",
    "web.core.windows.net",
    "windows.net",
    "workers.dev",
    "wordpress.com",
    "blogspot.com",
    "appspot.com",
    "b-cdn.net",
    "akamaized.net",
    "edgekey.net",
    "akamaihd.net",
    "webflow.io",
    "lhr.life",
    "serveo.net",
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

static bool listed(const char *word, size_t n, const char *const *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strlen(list[i]) == n && memcmp(list[i], word, n) == 0)
            return true;
    return false;
}

/* "s3.amazonaws.com", "eu-west-1.elb.amazonaws.com": every name below is a customer's too. */
static bool below(const char *suffix, const char *domain) {
    size_t n = strlen(suffix), m = strlen(domain);
    return n > m && suffix[n - m - 1] == '.' && strcmp(suffix + n - m, domain) == 0;
}

bool host_suffix_is_public(const char *suffix) {
    const char *dot = strchr(suffix, '.');
    if (!dot)
        return true;
    size_t first = (size_t)(dot - suffix);
    bool country = strlen(dot + 1) == 2;
    if (country && listed(suffix, first, second_levels, COUNT(second_levels)))
        return true;
    return listed(suffix, strlen(suffix), services, COUNT(services)) ||
           below(suffix, "amazonaws.com") || below(suffix, "windows.net");
}
