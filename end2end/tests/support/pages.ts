// What a person does on the pages, and the rules of accessibility that every page keeps.
import { type Browser, expect, type Page } from '@playwright/test';
import axe from 'axe-core';
import { expectGuarded, watch } from './complaints';
import type { Server } from './server';

/** A context's language and theme, as the menus set them. */
export async function prefer(page: Page, server: Server, lang: 'en' | 'zh', theme: 'light' | 'dark'): Promise<void> {
  const at = { url: server.url, sameSite: 'Lax' as const };
  await page.context().addCookies([
    { name: 'lang', value: lang, ...at },
    { name: 'theme', value: theme, ...at },
  ]);
}

/** One step on in the wizard, until it is there. */
export async function nextStep(page: Page): Promise<void> {
  const title = page.locator('fieldset.step[data-current] legend');
  const before = await title.innerText();
  await page.getByRole('button', { name: 'Next' }).click();
  await expect(title).not.toHaveText(before);
}

/** Creates a group of a template with the wizard's defaults and these fields; answers its path. */
export async function createGroup(page: Page, server: Server, fields: Record<string, string>): Promise<string> {
  await visit(page, server, '/groups/new');
  for (let step = 0; step < 3; step++) {
    for (const [name, value] of Object.entries(fields)) {
      if (await page.locator(`#f-${name}`).isVisible()) await fill(page, { [name]: value });
    }
    await nextStep(page);
  }
  await page.locator('.step-nav button[type=submit]').click();
  await expect(page).toHaveURL(/\/groups\/asg-/);
  return new URL(page.url()).pathname;
}

/** The browser's half has taken over: a click before would be a plain one. */
export async function hydrated(page: Page): Promise<void> {
  await expect(page.locator('html[data-hydrated]')).toBeAttached({ timeout: 30_000 });
}

/** Opens a page, whose answer has the headers that every page must have. */
export async function visit(page: Page, server: Server, path: string): Promise<void> {
  const answer = await page.goto(server.url + path);
  expectGuarded((await answer?.allHeaders()) ?? {}, path);
  await hydrated(page);
}

/** Signed in from now on, without a page: most tests are about another one. */
export async function signIn(page: Page, server: Server): Promise<void> {
  const answer = await page.request.post(`${server.url}/api/session/sign-in`, {
    headers: { origin: server.url, accept: 'text/html' },
    form: { name: 'admin', password: server.password, next: '/' },
    maxRedirects: 0,
  });
  const cookies = (await page.context().cookies(server.url)).map((cookie) => cookie.name);
  expect(cookies, `the answer was ${answer.status()}`).toContain('sid');
}

/** Signs in as people do, by the page that the console leads to. */
export async function signInByForm(page: Page, server: Server): Promise<void> {
  await page.goto(`${server.url}/`);
  await page.locator('#name').fill('admin');
  await page.locator('#password').fill(server.password);
  await page.locator('button[type=submit]').last().click();
  await expect(page).not.toHaveURL(/signin/);
}

/** What a file's tests begin with, made by somebody who is signed in, in a page of its own that nothing may complain in. */
export async function prepare(browser: Browser, server: Server, make: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext();
  const complaints = await watch(context);
  const page = await context.newPage();
  await signIn(page, server);
  await make(page);
  expect(complaints.all).toEqual([]);
  await context.close();
}

/** Which of the rules: all, or those that another theme may break. */
export type Rules = 'all' | 'colours';

const COLOURS = ['color-contrast', 'link-in-text-block'];

/** No rule is broken. Asked for breaches only: to describe all that is right takes longer than to find it. */
export async function axeClean(page: Page, rules: Rules = 'all'): Promise<void> {
  if (await page.evaluate(() => !('axe' in window))) await page.evaluate(axe.source);
  const broken = await page.evaluate(
    async (only) => {
      const library = (window as unknown as { axe: typeof axe }).axe;
      const { violations } = await library.run(document, {
        resultTypes: ['violations'],
        ...(only === null ? {} : { runOnly: { type: 'rule', values: only } }),
      });
      return violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.html).join(' | ')}`);
    },
    rules === 'all' ? null : COLOURS,
  );
  expect(broken, `axe on ${page.url()}`).toEqual([]);
}

export async function shot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `results/${name}.png`, fullPage: true });
}

/** Fills fields by name. */
export async function fill(page: Page, fields: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(fields)) {
    const field = page.locator(`#f-${name}`);
    if ((await field.evaluate((element) => element.tagName)) === 'SELECT') await field.selectOption(value);
    else await field.fill(value);
  }
}

/** The error at a field. */
export function errorAt(page: Page, name: string) {
  return page.locator(`#f-${name}-error`);
}

/** Creates a template with the defaults; answers its id. */
export async function createTemplate(page: Page, server: Server, name: string): Promise<string> {
  await visit(page, server, '/templates/new');
  await fill(page, { name, instance_type: 't.quarter' });
  await page.locator('main form button[type=submit]').click();
  await expect(page).toHaveURL(/\/templates\/tpl-/);
  return page.url().split('/').pop() ?? '';
}

/** Creates a load balancer with one VServer; answers its path. */
export async function createBalancer(page: Page, server: Server, name: string, port: number): Promise<string> {
  await visit(page, server, '/balancers/new');
  await fill(page, { name });
  await page.locator('main form button[type=submit]').last().click();
  await expect(page).toHaveURL(/\/balancers\/lb-/);
  await hydrated(page);
  await fill(page, { name: 'http', port: String(port), check_path: '/healthz', check_interval_s: '5' });
  await page.locator('main section.form button[type=submit]').click();
  await expect(page.locator('.vserver code').first()).toContainText(String(port));
  // The form begins anew for the next one.
  await expect(page.locator('#f-name')).toHaveValue('http-2');
  return new URL(page.url()).pathname;
}
