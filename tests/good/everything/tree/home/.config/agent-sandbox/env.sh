# The environment of the sandbox everything, read once by the first shell of a session.
# On Linux the session brings the same variables, and the proxy's, before any shell starts.
# shellcheck shell=sh

agent_sandbox_path() {
    case ":$PATH:" in
    *":$1:"*) ;;
    *) if [ -d "$1" ]; then PATH=$1:$PATH; fi ;;
    esac
}
agent_sandbox_path /opt/homebrew/sbin
agent_sandbox_path /opt/homebrew/bin
agent_sandbox_path /nix/var/nix/profiles/default/bin
agent_sandbox_path /etc/profiles/per-user/agent-all/bin
agent_sandbox_path "$HOME/.nix-profile/bin"
agent_sandbox_path "$HOME/.local/bin"
export PATH
unset -f agent_sandbox_path

# A variable that was changed for one command stays changed in the shells below it.
if [ "${AGENT_SANDBOX_ENV-}" = everything ]; then
    return 0
fi
export AGENT_SANDBOX_ENV=everything

# What the agent makes in a workspace, the operators may edit; all others may not look.
umask 0007

# git asks nobody: the proxy adds credentials on the way out.
export GIT_TERMINAL_PROMPT=0

# Single quotes: nothing in a value is expanded.
if [ "$(uname -s)" = Darwin ]; then
    export ALL_PROXY='http://127.0.0.1:20305'
    export AWS_CA_BUNDLE='/var/db/agent-sandbox/everything/run/ca-bundle.pem'
    export CARGO_HTTP_CAINFO='/var/db/agent-sandbox/everything/run/ca-bundle.pem'
    export CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE='/var/db/agent-sandbox/everything/run/ca-bundle.pem'
    export CURL_CA_BUNDLE='/var/db/agent-sandbox/everything/run/ca-bundle.pem'
    export DENO_CERT='/var/db/agent-sandbox/everything/run/ca-bundle.pem'
    export GIT_SSL_CAINFO='/var/db/agent-sandbox/everything/run/ca-bundle.pem'
    export GODEBUG='x509sslcertoverrideplatform=1'
    export GRPC_DEFAULT_SSL_ROOTS_FILE_PATH='/var/db/agent-sandbox/everything/run/ca-bundle.pem'
    export GUILE_TLS_CERTIFICATE_DIRECTORY='/var/db/agent-sandbox/everything/run'
    export HEX_CACERTS_PATH='/var/db/agent-sandbox/everything/run/ca-bundle.pem'
    export HTTPS_PROXY='http://127.0.0.1:20305'
    export HTTP_PROXY='http://127.0.0.1:20305'
    export JAVA_TOOL_OPTIONS='-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=20305 -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=20305 -Dhttp.nonProxyHosts=localhost|127.0.0.1|[::1] -Djavax.net.ssl.trustStore=/var/db/agent-sandbox/everything/run/cacerts.jks'
    export NIX_SSL_CERT_FILE='/var/db/agent-sandbox/everything/run/ca-bundle.pem'
    export NODE_EXTRA_CA_CERTS='/var/db/agent-sandbox/everything/run/ca-bundle.pem'
    export NODE_USE_ENV_PROXY='1'
    export NO_PROXY='localhost,127.0.0.1,::1,10.1.2.0/24'
    export PERL_LWP_ENV_PROXY='1'
    export PERL_LWP_SSL_CA_FILE='/var/db/agent-sandbox/everything/run/ca-bundle.pem'
    export REQUESTS_CA_BUNDLE='/var/db/agent-sandbox/everything/run/ca-bundle.pem'
    export SSL_CERT_FILE='/var/db/agent-sandbox/everything/run/ca-bundle.pem'
    export WGETRC='/var/db/agent-sandbox/everything/run/wgetrc'
    export YARN_HTTPS_PROXY='http://127.0.0.1:20305'
    export YARN_HTTP_PROXY='http://127.0.0.1:20305'
    export all_proxy='http://127.0.0.1:20305'
    export http_proxy='http://127.0.0.1:20305'
    export https_proxy='http://127.0.0.1:20305'
    export no_proxy='localhost,127.0.0.1,::1,10.1.2.0/24'
fi

export AIDER_ANALYTICS='false'
export AIDER_ANALYTICS_DISABLE='true'
export AIDER_CHECK_UPDATE='false'
export ANTHROPIC_API_KEY='sk-ant-api03-placeholder-not-a-secret'
export AWS_ACCESS_KEY_ID='AKIAplaceholder-0_1.x'
export BASE_KEY='5DE3E0509C47EA3C'
export BOT_TOKEN='123456789:placeholder-not-a-token'
export CLAUDE_CODE_DISABLE_FEEDBACK_SURVEY='1'
export CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC='1'
export CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL='1'
export CLAUDE_CODE_PROXY_RESOLVES_HOSTS='1'
export CLAUDE_CODE_SANDBOXED='1'
export DISABLE_AUTOUPDATER='1'
export DISABLE_ERROR_REPORTING='1'
export DISABLE_FEEDBACK_COMMAND='1'
export DISABLE_INSTALLATION_CHECKS='1'
export DISABLE_TELEMETRY='1'
export DISABLE_UPDATES='1'
export EDITOR='vi'
export ENABLE_CLAUDEAI_MCP_SERVERS='false'
export GEMINI_SANDBOX='false'
export GEMINI_TELEMETRY_ENABLED='false'
export GREETING='it'\''s "quoted" $HOME `id` %h ${x} ünïcode 🎉'
export INTERNAL_TOKEN='placeholder-everything-internal'
export LITELLM_LOCAL_MODEL_COST_MAP='True'
export MAPS_KEY='placeholder-everything-maps'
export NIX_CONFIG='experimental-features = nix-command flakes'
export OPENCODE_DISABLE_AUTOUPDATE='true'
export OPENCODE_DISABLE_LSP_DOWNLOAD='true'
export OPENCODE_DISABLE_MODELS_FETCH='true'
export PAGER='less -R'
export PIP_CERT='/etc/ssl/own.pem'
export RELEASE_KEY='4AEE18F83AFDEB23'
