// The page is served inside.
module.exports = {
    testDir: __dirname,
    outputDir: '/tmp/results',
    reporter: 'line',
    use: { baseURL: 'http://127.0.0.1:3000', launchOptions: { executablePath: '/usr/bin/chromium' } },
    webServer: { command: 'node dev_server.js 3000 127.0.0.1', cwd: `${__dirname}/..`, url: 'http://127.0.0.1:3000/' },
};
