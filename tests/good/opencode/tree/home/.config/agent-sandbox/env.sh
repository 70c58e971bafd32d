# The environment of the sandbox opencode, read once by the first shell of a session.
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
agent_sandbox_path /etc/profiles/per-user/agent-opencode/bin
agent_sandbox_path "$HOME/.nix-profile/bin"
agent_sandbox_path "$HOME/.local/bin"
export PATH
unset -f agent_sandbox_path

# A variable that was changed for one command stays changed in the shells below it.
if [ "${AGENT_SANDBOX_ENV-}" = opencode ]; then
    return 0
fi
export AGENT_SANDBOX_ENV=opencode

# What the agent makes in a workspace, the operators may edit; all others may not look.
umask 0007

# git asks nobody: the proxy adds credentials on the way out.
export GIT_TERMINAL_PROMPT=0

# Single quotes: nothing in a value is expanded.
if [ "$(uname -s)" = Darwin ]; then
    export ALL_PROXY='http://127.0.0.1:20429'
    export AWS_CA_BUNDLE='/var/db/agent-sandbox/opencode/run/ca-bundle.pem'
    export CARGO_HTTP_CAINFO='/var/db/agent-sandbox/opencode/run/ca-bundle.pem'
    export CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE='/var/db/agent-sandbox/opencode/run/ca-bundle.pem'
    export CURL_CA_BUNDLE='/var/db/agent-sandbox/opencode/run/ca-bundle.pem'
    export DENO_CERT='/var/db/agent-sandbox/opencode/run/ca-bundle.pem'
    export GIT_SSL_CAINFO='/var/db/agent-sandbox/opencode/run/ca-bundle.pem'
    export GODEBUG='x509sslcertoverrideplatform=1'
    export GRPC_DEFAULT_SSL_ROOTS_FILE_PATH='/var/db/agent-sandbox/opencode/run/ca-bundle.pem'
    export GUILE_TLS_CERTIFICATE_DIRECTORY='/var/db/agent-sandbox/opencode/run'
    export HEX_CACERTS_PATH='/var/db/agent-sandbox/opencode/run/ca-bundle.pem'
    export HTTPS_PROXY='http://127.0.0.1:20429'
    export HTTP_PROXY='http://127.0.0.1:20429'
    export JAVA_TOOL_OPTIONS='-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=20429 -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=20429 -Dhttp.nonProxyHosts=localhost|127.0.0.1|[::1] -Djavax.net.ssl.trustStore=/var/db/agent-sandbox/opencode/run/cacerts.jks'
    export NIX_CONFIG='substitute = true'
    export NIX_SSL_CERT_FILE='/var/db/agent-sandbox/opencode/run/ca-bundle.pem'
    export NODE_EXTRA_CA_CERTS='/var/db/agent-sandbox/opencode/run/ca-bundle.pem'
    export NODE_USE_ENV_PROXY='1'
    export NO_PROXY='localhost,127.0.0.1,::1'
    export PERL_LWP_ENV_PROXY='1'
    export PERL_LWP_SSL_CA_FILE='/var/db/agent-sandbox/opencode/run/ca-bundle.pem'
    export PIP_CERT='/var/db/agent-sandbox/opencode/run/ca-bundle.pem'
    export REQUESTS_CA_BUNDLE='/var/db/agent-sandbox/opencode/run/ca-bundle.pem'
    export SSL_CERT_FILE='/var/db/agent-sandbox/opencode/run/ca-bundle.pem'
    export WGETRC='/var/db/agent-sandbox/opencode/run/wgetrc'
    export YARN_HTTPS_PROXY='http://127.0.0.1:20429'
    export YARN_HTTP_PROXY='http://127.0.0.1:20429'
    export all_proxy='http://127.0.0.1:20429'
    export http_proxy='http://127.0.0.1:20429'
    export https_proxy='http://127.0.0.1:20429'
    export no_proxy='localhost,127.0.0.1,::1'
fi

export ANTHROPIC_API_KEY='sk-ant-api03-placeholder-not-a-secret'
export NPM_CONFIG_AUDIT='false'
export NPM_CONFIG_FUND='false'
export NPM_CONFIG_UPDATE_NOTIFIER='false'
export OPENCODE_DISABLE_AUTOUPDATE='true'
export OPENCODE_DISABLE_LSP_DOWNLOAD='true'
export OPENCODE_DISABLE_MODELS_FETCH='true'
export PLAYWRIGHT_HTML_OPEN='never'
export PLAYWRIGHT_MCP_BROWSER='chromium'
export PLAYWRIGHT_MCP_SANDBOX='false'
export PUPPETEER_DANGEROUS_NO_SANDBOX='true'
