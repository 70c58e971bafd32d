/*
 * Whose names stand below a suffix: libpsl knows what publicsuffix.org lists, registries and
 * hosters alike. The list that is compiled into the library, not the newest file that this machine
 * has: what is refused then follows from versions of programs alone. Either only refuses, and never
 * changes a byte of what is rendered.
 *
 * Here is what that list cannot say, since it names suffixes and not what lies above them, or does
 * not: what hosters call their regions, tenants of services where anyone may become one, and
 * tunnels.
 */
#include "read/host_suffixes.h"
#include "base/die.h"

#include <libpsl.h>
#include <stddef.h>
#include <string.h>

/* Hosters whose customers stand at several depths: everything at and below these. */
static const char *const hosters[] = {
    "akamai.net",
    "akamaiedge.net",
    "akamaihd.net",
    "akamaized.net",
    "aliyuncs.com",
    "amazonaws.com",
    "amazonaws.com.cn",
    "api.aws",
    "appdomain.cloud",
    "appspot.com",
    "awsapprunner.com",
    "awsglobalaccelerator.com",
    "azure-api.net",
    "azure-devices.net",
    "azurecontainer.io",
    "azurecontainerapps.io",
    "azurecr.io",
    "azuredatabricks.net",
    "azureedge.net",
    "azurefd.net",
    "azurehdinsight.net",
    "azurestaticapps.net",
    "azurewebsites.net",
    "azmk8s.io",
    "backblazeb2.com",
    "cdn77-secure.org",
    "cdn77.org",
    "chinacloudapi.cn",
    "cloudapp.azure.com",
    "cloudapp.net",
    "cloudflarestorage.com",
    "cloudfront.net",
    "cloudfunctions.net",
    "clever-cloud.com",
    "cloud.ovh.net",
    "code.run",
    "contabostorage.com",
    "customer-oci.com",
    "devtunnels.ms",
    "digitaloceanspaces.com",
    "documents.azure.com",
    "edgekey.net",
    "edgesuite.net",
    "elasticbeanstalk.com",
    "exo.io",
    "fastly.net",
    "fastlylb.net",
    "firebasedatabase.app",
    "firebaseio.com",
    "googleapis.com",
    "googleusercontent.com",
    "idrivee2.com",
    "jelastic.cloud",
    "jelastic.com",
    "linodeobjects.com",
    "linodeusercontent.com",
    "llnwd.net",
    "myhuaweicloud.com",
    "myqcloud.com",
    "ngrok-free.app",
    "ngrok-free.dev",
    "ngrok.app",
    "ngrok.dev",
    "ngrok.io",
    "on.aws",
    "oraclecloud.com",
    "oraclecloudapps.com",
    "pinggy.link",
    "platform.sh",
    "platformsh.site",
    "r2.dev",
    "railway.app",
    "run.app",
    "scw.cloud",
    "storage.yandexcloud.net",
    "sealoshzh.site",
    "tailscale.net",
    "trafficmanager.net",
    "triton.zone",
    "ts.net",
    "upcloudobjects.com",
    "usercontent.goog",
    "vultrobjects.com",
    "wasabisys.com",
    "windows.net",
    "yandexcloud.net",
    "your-objectstorage.com",
    "zeabur.app",
};

/* Anyone may have a name right below these; what lies below that one is its owner's. */
static const char *const tenants[] = {
    "atlassian.net",
    "auth0.com",
    "b-cdn.net",
    "blogspot.com",
    "bolt.host",
    "burpcollaborator.net",
    "canva.site",
    "carrd.co",
    "cdn.cloudflare.net",
    "codeberg.page",
    "codesandbox.io",
    "csb.app",
    "deno.dev",
    "deno.net",
    "duckdns.org",
    "e2b.app",
    "e2b.dev",
    "figma.site",
    "fly.dev",
    "force.com",
    "framer.app",
    "freshdesk.com",
    "gateway.dev",
    "gcdn.co",
    "gitbook.io",
    "github.dev",
    "githubusercontent.com",
    "gitpod.io",
    "glitch.me",
    "gradio.live",
    "herokuapp.com",
    "hf.space",
    "instructure.com",
    "kxcdn.com",
    "lhr.life",
    "loca.lt",
    "localtunnel.me",
    "lovable.app",
    "m.pipedream.net",
    "modal.run",
    "mongodb.net",
    "my.salesforce.com",
    "myshopify.com",
    "nabu.casa",
    "neon.tech",
    "netlify.app",
    "nip.io",
    "notion.site",
    "oast.fun",
    "oast.live",
    "oast.me",
    "oast.online",
    "oast.pro",
    "oast.site",
    "oastify.com",
    "observableusercontent.com",
    "okta.com",
    "on-acorn.io",
    "ondigitalocean.app",
    "onrender.com",
    "pipedream.net",
    "playit.gg",
    "pythonanywhere.com",
    "quickconnect.cn",
    "quickconnect.to",
    "readthedocs.io",
    "redislabs.com",
    "render.com",
    "repl.co",
    "replit.app",
    "replit.dev",
    "requestcatcher.com",
    "service-now.com",
    "serveo.net",
    "sharepoint.com",
    "snowflakecomputing.com",
    "sslip.io",
    "stackblitz.io",
    "stdlib.com",
    "streamlit.app",
    "substack.com",
    "supabase.co",
    "surge.sh",
    "traefik.me",
    "translate.goog",
    "trycloudflare.com",
    "tumblr.com",
    "tunnelmole.net",
    "upstash.io",
    "val.run",
    "vercel.app",
    "vercel.dev",
    "webcontainer.io",
    "webflow.io",
    "wixsite.com",
    "wordpress.com",
    "workers.dev",
    "xip.io",
    "zendesk.com",
    "zrok.io",
};

static bool is(const char *suffix, const char *domain) {
    return strcmp(suffix, domain) == 0;
}

static bool is_below(const char *suffix, const char *domain) {
    size_t n = strlen(suffix), m = strlen(domain);
    return n > m && suffix[n - m - 1] == '.' && is(suffix + n - m, domain);
}

bool host_suffix_is_public(const char *suffix) {
    const psl_ctx_t *list = psl_builtin();
    if (!list)
        die("this libpsl was built without the public suffix list");
    for (size_t i = 0; i < sizeof hosters / sizeof *hosters; i++)
        if (is(suffix, hosters[i]) || is_below(suffix, hosters[i]))
            return true;
    for (size_t i = 0; i < sizeof tenants / sizeof *tenants; i++)
        if (is(suffix, tenants[i]))
            return true;
    return psl_is_public_suffix(list, suffix);
}
