// What forms, dialogs and menus do under a person's hands, and what a page says when its server is out of reach or its
// session has ended.
import { axeClean, createBalancer, createGroup, createTemplate, errorAt, fill, prepare, shot, signIn, visit } from './support/pages';
import { freePort, type Server, startServer } from './support/server';
import { expect, test } from './support/test';

let server: Server;
let balancer: string;
let group: string;

test.beforeAll(async ({ browser }) => {
  server = await startServer();
  await prepare(browser, server, async (page) => {
    await createTemplate(page, server, 'web');
    balancer = await createBalancer(page, server, 'front', await freePort());
    group = await createGroup(page, server, { name: 'bound', cpu: '' });
  });
});
test.afterAll(async () => {
  await server.end();
});

test('a double click on a button sends its form once', async ({ page }) => {
  await signIn(page, server);
  const path = await createBalancer(page, server, 'twice', await freePort());
  await visit(page, server, path);
  await fill(page, { name: 'second', port: String(await freePort()) });
  await page.locator('main section.form button[type=submit]').dblclick();
  await expect(page.locator('.vserver')).toHaveCount(2);
  await expect(errorAt(page, 'name')).toHaveText('');
  await expect(page.locator('main section.form button[type=submit]')).not.toHaveAttribute('aria-disabled');
});

test('a dialog takes the focus, says itself what was refused, and its red button waits for the name', async ({ page, complaints }) => {
  complaints.allow(/status of 409/);
  await signIn(page, server);
  await visit(page, server, `${group}?tab=balancing`);
  await fill(page, { port: '8080', weight: '1' });
  await page.locator('main section.form button[type=submit]').click();
  await expect(page.locator('main table').filter({ hasText: 'front / http' })).toBeVisible();
  await visit(page, server, balancer);
  const dialog = page.locator('.confirm:popover-open');
  await page.locator('.vserver button[popovertarget]').first().click();
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await dialog.locator('button[type=submit]').click();
  await expect(dialog.getByRole('alert')).toContainText('Still used by');
  await axeClean(page);
  await shot(page, 'refused-dialog');
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect(page.locator('main [role=alert]:visible')).toHaveCount(0);
  await page.locator('button[popovertarget=delete-balancer]:not([popovertargetaction])').click();
  await expect(page.locator('#delete-typed')).toBeFocused();
  await expect(dialog.locator('button[type=submit]')).toBeDisabled();
  await page.keyboard.type('front');
  await expect(dialog.locator('button[type=submit]')).toBeEnabled();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toHaveCount(0);
});

test('a question about a row takes the focus, keeps it and what is typed while the list is read again, and gives it back', async ({ page }) => {
  await signIn(page, server);
  const card = page.locator('section.ask');
  const cancel = card.getByRole('link', { name: 'Cancel' });
  await visit(page, server, '/templates');
  const more = page.getByRole('button', { name: 'Actions of web' });
  await more.click();
  await page.getByRole('group', { name: 'Actions of web' }).getByRole('link', { name: 'Delete' }).click();
  await expect(cancel).toBeFocused();
  await axeClean(page);
  await page.keyboard.press('Enter');
  await expect(card).toHaveCount(0);
  await expect(more).toBeFocused();
  await visit(page, server, '/groups');
  await page.getByRole('button', { name: 'Actions of bound' }).click();
  await page.getByRole('group', { name: 'Actions of bound' }).getByRole('link', { name: 'Delete' }).click();
  const typed = page.locator('#delete-typed');
  await expect(typed).toBeFocused();
  await page.keyboard.type('bou');
  await cancel.focus();
  // Two cycles close meanwhile.
  for (let cycle = 0; cycle < 2; cycle++) await page.waitForResponse('**/api/groups/list');
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  await expect(cancel).toBeFocused();
  await expect(typed).toHaveValue('bou');
  await typed.focus();
  await page.keyboard.press('End');
  await page.keyboard.type('nd');
  await expect(card.locator('button[type=submit]')).toBeEnabled();
});

test('a menu of the top bar goes by Escape, by a click beside it and with the next page', async ({ page }) => {
  await signIn(page, server);
  await visit(page, server, '/groups');
  const open = page.getByRole('button', { name: 'Theme' });
  const menu = page.getByRole('group', { name: 'Theme' });
  await open.click();
  await expect(menu.getByRole('link', { name: 'Dark' })).toBeVisible();
  await axeClean(page);
  await shot(page, 'top-menu');
  await page.keyboard.press('Escape');
  await expect(menu).toBeHidden();
  await expect(open).toBeFocused();
  await open.click();
  await expect(menu).toBeVisible();
  await page.locator('h1').click();
  await expect(menu).toBeHidden();
  await open.click();
  await expect(menu).toBeVisible();
  await page.getByRole('link', { name: 'Templates', exact: true }).focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/templates$/);
  await expect(menu).toBeHidden();
});

test('a session that ended in another tab is said, with the way back, and what is typed stays', async ({ page, context, complaints }) => {
  complaints.allow(/status of 401/);
  await signIn(page, server);
  await visit(page, server, '/balancers/new');
  await fill(page, { name: 'kept' });
  const other = await context.newPage();
  await visit(other, server, '/groups');
  await other.locator('form[action*="sign-out"] button').evaluate((button: HTMLButtonElement) => button.click());
  await expect(other).toHaveURL(/signin/);
  await other.close();
  await expect(page.locator('main')).toContainText('Your session has ended', { timeout: 30_000 });
  await expect(page.getByRole('link', { name: 'Sign in', exact: true })).toHaveAttribute('href', '/signin?next=%2Fbalancers%2Fnew');
  await page.locator('main section.form button[type=submit]').click();
  await expect(page.locator('main [role=alert] a')).toHaveAttribute('target', '_blank');
  await expect(page.locator('#f-name')).toHaveValue('kept');
});

test('a page opened while the server cannot be reached says so, and comes by itself when it can', async ({ page, context, complaints }) => {
  complaints.allow(/ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED/);
  await signIn(page, server);
  await visit(page, server, '/groups');
  await context.setOffline(true);
  await page.getByRole('link', { name: 'Templates', exact: true }).click();
  await expect(page.locator('.refused')).toContainText('The server cannot be reached');
  await expect(page.locator('.refused')).not.toContainText('Incident');
  await expect(page.getByRole('link', { name: 'Try again' })).toBeVisible();
  await shot(page, 'unreached');
  await context.setOffline(false);
  await expect(page.locator('main table')).toContainText('web');
});

test('a refused form and a step with a mistake bring the focus to the first wrong field', async ({ page, complaints }) => {
  complaints.allow(/status of 422/);
  await signIn(page, server);
  await page.setViewportSize({ width: 1024, height: 500 });
  await visit(page, server, '/templates/new');
  await fill(page, { name: '', environment: 'A' });
  await page.locator('main form button[type=submit]').click();
  await expect(page.locator('#f-name')).toBeFocused();
  await expect(page.locator('#f-name')).toBeInViewport();
  await visit(page, server, '/groups/new');
  await fill(page, { name: '' });
  await page.getByRole('button', { name: 'Next' }).click();
  await expect(page.locator('#f-name')).toBeFocused();
});
