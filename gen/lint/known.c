#include "lint/known.h"

#define GIST                                                                                       \
    "https://docs.github.com/en/get-started/writing-on-github/"                                    \
    "editing-and-sharing-content-with-gists/creating-gists"
#define GITHUB                                                                                     \
    "https://docs.github.com/en/repositories/creating-and-managing-repositories/"                  \
    "about-repositories"
#define TEXT_STORES "https://attack.mitre.org/techniques/T1567/003/"
#define CODE_STORES "https://attack.mitre.org/techniques/T1567/001/"
#define WEBHOOKS "https://attack.mitre.org/techniques/T1567/004/"
#define TUNNELS "https://attack.mitre.org/techniques/T1572/"
#define INTERACTSH "https://github.com/projectdiscovery/interactsh"

/* clang-format off */
const struct known known_hosts[] = {
    /* texts */
    {"gist.github.com", .owner = 1, .what = "gists", .source = GIST},
    {"gist.githubusercontent.com", .owner = 1, .what = "gists", .source = GIST},
    {"api.github.com", .path = "/gists/**", .what = "gists", .source = "https://docs.github.com/en/rest/gists/gists"},
    {"api.github.com", .path = "/gists", .what = "gists", .source = "https://docs.github.com/en/rest/gists/gists"},
    {"pastebin.com", .what = "pastes", .source = "https://pastebin.com/doc_api"},
    {"paste.ee", .what = "pastes", .source = "https://paste.ee/docs"},
    {"hastebin.com", .what = "pastes", .source = TEXT_STORES},
    {"dpaste.com", .what = "pastes", .source = "https://dpaste.com/api/v2/"},
    {"dpaste.org", .what = "pastes", .source = "https://docs.dpaste.org/api/"},
    {"rentry.co", .what = "pastes", .source = "https://rentry.co/what"},
    {"termbin.com", .what = "pastes", .source = "https://termbin.com/"},
    {"ix.io", .what = "pastes", .source = "http://ix.io/"},
    {"sprunge.us", .what = "pastes", .source = "http://sprunge.us/"},
    /* files */
    {"0x0.st", .what = "files of anyone", .source = "https://0x0.st/"},
    {"transfer.sh", .what = "files of anyone", .source = "https://github.com/dutchcoders/transfer.sh"},
    {"file.io", .what = "files of anyone", .source = "https://www.file.io/developers"},
    {"catbox.moe", .what = "files of anyone", .source = "https://catbox.moe/tools.php"},
    {"drive.google.com", .what = "files of anyone", .source = "https://support.google.com/drive/answer/2494822"},
    {"docs.google.com", .what = "documents and forms of anyone", .source = "https://support.google.com/docs/answer/6281888"},
    {"www.dropbox.com", .what = "files of anyone", .source = "https://help.dropbox.com/share/create-and-share-link"},
    {"content.dropboxapi.com", .what = "files of anyone", .source = "https://www.dropbox.com/developers/documentation/http/documentation"},
    /* repositories */
    {"github.com", .owner = 1, .what = "repositories of anyone", .source = GITHUB},
    {"codeload.github.com", .owner = 1, .what = "repositories of anyone", .source = GITHUB},
    {"raw.githubusercontent.com", .owner = 1, .what = "repositories of anyone", .source = GITHUB},
    {"api.github.com", .path = "/repos/**", .owner = 2, .what = "repositories of anyone", .source = "https://docs.github.com/en/rest/repos/repos"},
    {"gitlab.com", .owner = 1, .what = "repositories of anyone", .source = "https://docs.gitlab.com/user/project/"},
    {"bitbucket.org", .owner = 1, .what = "repositories of anyone", .source = CODE_STORES},
    {"huggingface.co", .owner = 1, .what = "models and data sets of anyone", .source = "https://huggingface.co/docs/hub/repositories"},
    {"cdn.jsdelivr.net", .path = "/gh/**", .owner = 2, .what = "repositories of anyone", .source = "https://www.jsdelivr.com/documentation#id-github"},
    /* stores of objects */
    {"s3.amazonaws.com", .owner = 1, .what = "buckets of anyone", .source = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html"},
    {"*.amazonaws.com", .first = "s3.", .owner = 1, .what = "buckets of anyone", .source = "https://docs.aws.amazon.com/general/latest/gr/s3.html"},
    {"*.amazonaws.com", .first = "s3-", .owner = 1, .what = "buckets of anyone", .source = "https://docs.aws.amazon.com/general/latest/gr/s3.html"},
    {"storage.googleapis.com", .owner = 1, .what = "buckets of anyone", .source = "https://cloud.google.com/storage/docs/request-endpoints"},
    {"firebasestorage.googleapis.com", .owner = 3, .what = "buckets of anyone", .source = "https://firebase.google.com/docs/storage"},
    {"*.backblazeb2.com", .owner = 2, .what = "buckets of anyone", .source = "https://www.backblaze.com/docs/cloud-storage-native-api"},
    /* request bins: any request is told to whoever made the place */
    {"webhook.site", .takes = true, .what = "request bins", .source = "https://docs.webhook.site/api/requests.html"},
    {"*.webhook.site", .takes = true, .what = "request bins", .source = "https://docs.webhook.site/api/requests.html"},
    {"*.pipedream.net", .takes = true, .what = "request bins", .source = "https://pipedream.com/requestbin"},
    {"*.requestcatcher.com", .takes = true, .what = "request bins", .source = "https://requestcatcher.com/"},
    {"*.beeceptor.com", .takes = true, .what = "request bins", .source = "https://beeceptor.com/docs/"},
    {"requestbin.com", .takes = true, .what = "request bins", .source = WEBHOOKS},
    {"*.oast.pro", .takes = true, .what = "places that tell of every request", .source = INTERACTSH},
    {"*.oast.live", .takes = true, .what = "places that tell of every request", .source = INTERACTSH},
    {"*.oast.site", .takes = true, .what = "places that tell of every request", .source = INTERACTSH},
    {"*.oast.online", .takes = true, .what = "places that tell of every request", .source = INTERACTSH},
    {"*.oast.fun", .takes = true, .what = "places that tell of every request", .source = INTERACTSH},
    {"*.oast.me", .takes = true, .what = "places that tell of every request", .source = INTERACTSH},
    {"*.oastify.com", .takes = true, .what = "places that tell of every request", .source = "https://portswigger.net/burp/documentation/collaborator"},
    {"*.burpcollaborator.net", .takes = true, .what = "places that tell of every request", .source = "https://portswigger.net/burp/documentation/collaborator"},
    /* messages to whoever made the place */
    {"discord.com", .path = "/api/webhooks/**", .owner = 3, .takes = true, .what = "webhooks", .source = "https://discord.com/developers/docs/resources/webhook"},
    {"discordapp.com", .path = "/api/webhooks/**", .owner = 3, .takes = true, .what = "webhooks", .source = "https://discord.com/developers/docs/resources/webhook"},
    {"hooks.slack.com", .path = "/services/**", .owner = 2, .takes = true, .what = "webhooks", .source = "https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks"},
    {"api.telegram.org", .owner = 1, .takes = true, .what = "bots of anyone", .source = "https://core.telegram.org/bots/api"},
    /* tunnels to somebody's own machine */
    {"*.ngrok.io", .takes = true, .what = "tunnels", .source = "https://ngrok.com/docs/universal-gateway/domains/"},
    {"*.ngrok.app", .takes = true, .what = "tunnels", .source = "https://ngrok.com/docs/universal-gateway/domains/"},
    {"*.ngrok-free.app", .takes = true, .what = "tunnels", .source = "https://ngrok.com/docs/universal-gateway/domains/"},
    {"*.ngrok.dev", .takes = true, .what = "tunnels", .source = "https://ngrok.com/docs/universal-gateway/domains/"},
    {"*.trycloudflare.com", .takes = true, .what = "tunnels", .source = "https://developers.cloudflare.com/cloudflare-one/networks/connectors/cloudflare-tunnel/do-more-with-tunnels/trycloudflare/"},
    {"*.loca.lt", .takes = true, .what = "tunnels", .source = "https://github.com/localtunnel/localtunnel"},
    {"*.serveo.net", .takes = true, .what = "tunnels", .source = TUNNELS},
};
/* clang-format on */
const size_t known_count = sizeof known_hosts / sizeof *known_hosts;
