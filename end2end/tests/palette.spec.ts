// Search and commands by Ctrl-K: anywhere, by the keyboard alone, and as a plain page without JavaScript.
import { axeClean, createBalancer, createTemplate, prepare, shot, signIn, signInByForm, visit } from './support/pages';
import { freePort, type Server, startServer } from './support/server';
import { expect, test } from './support/test';

let server: Server;

test.beforeAll(async ({ browser }) => {
  server = await startServer();
  await prepare(browser, server, async (page) => {
    await createTemplate(page, server, 'harbour-web');
    await createBalancer(page, server, 'harbour-front', await freePort());
  });
});
test.afterAll(async () => {
  await server.end();
});

test('a thing is found by typing a part of its name, chosen by the arrows and opened by Enter', async ({ page }) => {
  await signIn(page, server);
  await visit(page, server, '/groups');
  await page.keyboard.press('Control+k');
  const dialog = page.getByRole('dialog', { name: 'Search' });
  await expect(dialog).toBeVisible();
  await expect(dialog.getByRole('combobox')).toBeFocused();
  await page.keyboard.type('HARBOUR');
  await expect(dialog.getByRole('option')).toHaveText([/harbour-web.*Template/, /harbour-front.*Load balancer/]);
  await expect(dialog.getByRole('option').first()).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('ArrowDown');
  await expect(dialog.getByRole('option').nth(1)).toHaveAttribute('aria-selected', 'true');
  await axeClean(page);
  await shot(page, 'palette');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/balancers\/lb-/);
  await expect(dialog).toBeHidden();
});

test('a command is found in either language, and Escape leaves everything as it was', async ({ page }) => {
  await signIn(page, server);
  await visit(page, server, '/templates');
  const open = page.getByRole('link', { name: 'Search' });
  await open.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Search' });
  await expect(dialog.getByRole('option')).toHaveCount(13);
  await page.keyboard.type('nothing is called that');
  await expect(dialog).toContainText('Nothing is called that.');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(open).toBeFocused();
  await page.keyboard.press('Control+k');
  await expect(dialog.getByRole('combobox')).toHaveValue('');
  await page.keyboard.type('深色');
  await expect(dialog.getByRole('option')).toHaveText([/Theme: Dark/]);
  await page.keyboard.press('Enter');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(page).toHaveURL(/\/templates$/);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false, viewport: { width: 360, height: 740 } });

  test('the search is a page', async ({ page }) => {
    await signInByForm(page, server);
    await page.getByRole('link', { name: 'Search' }).click();
    await page.locator('#q').fill('harbour');
    await page.locator('main form button').click();
    await expect(page.locator('main')).toContainText('harbour-front');
    await page.getByRole('link', { name: 'harbour-web' }).click();
    await expect(page.locator('h1')).toHaveText('harbour-web');
  });
});
