'use strict';
const { test, expect } = require('@playwright/test');

test('a page served inside', async ({ page }) => {
    await page.goto('/');
    await expect(page.locator('body')).toHaveText('a page');
});

test('a picture of it', async ({ page }) => {
    await page.goto('/');
    expect((await page.screenshot()).length).toBeGreaterThan(1000);
});

test('a page through the proxy', async ({ page }) => {
    const answer = await page.goto('https://open.live.org/by-playwright');
    expect(answer.status()).toBe(200);
});

test('a page that no rule allows', async ({ page }) => {
    const answer = await page.goto('https://cdn.playwright.dev/elsewhere');
    expect(answer.status()).toBe(403);
    await expect(page.locator('body')).toContainText('no rule allows GET cdn.playwright.dev/elsewhere');
});
