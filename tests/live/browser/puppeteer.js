'use strict';
// puppeteer.js URL: what Puppeteer's own options make of Debian's browser
import('puppeteer-core').then(async ({ default: puppeteer }) => {
    const browser = await puppeteer.launch({ executablePath: '/usr/bin/chromium' });
    const page = await browser.newPage();
    console.log((await page.goto(process.argv[2])).status());
    await browser.close();
});
