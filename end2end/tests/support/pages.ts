// What a person does on the pages, and what no page may ever do: an error in the console, a broken policy, a rule of
// accessibility not kept.
import AxeBuilder from '@axe-core/playwright';
import { type Browser, expect, type Page } from '@playwright/test';
import type { Server } from './server';

/** What a browser complained about. */
export interface Complaints {
  all: string[];
  /** A complaint that the test provokes, such as the status of a refused request. */
  allow: (pattern: RegExp) => void;
}

/** Collects everything the browser complains about, breaches of the content policy by the browser's own event. */
export async function watch(page: Page): Promise<Complaints> {
  const allowed: RegExp[] = [];
  const all: string[] = [];
  const complain = (text: string) => {
    if (!allowed.some((pattern) => pattern.test(text))) all.push(`${page.url()}: ${text}`);
  };
  page.on('console', (message) => {
    if (message.type() === 'error') complain(message.text());
  });
  page.on('pageerror', (error) => complain(error.message));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`content policy broken: ${event.violatedDirective} by ${event.blockedURI} ${event.sample}`);
    });
  });
  return { all, allow: (pattern) => allowed.push(pattern) };
}

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

export async function visit(page: Page, server: Server, path: string): Promise<void> {
  await page.goto(server.url + path);
  await hydrated(page);
}

export async function signIn(page: Page, server: Server): Promise<void> {
  await page.goto(`${server.url}/`);
  await page.locator('#name').fill('admin');
  await page.locator('#password').fill(server.password);
  await page.locator('button[type=submit]').last().click();
  await expect(page).not.toHaveURL(/signin/);
  await hydrated(page);
}

/** What a file's tests begin with, made by somebody who is signed in, in a page of its own that nothing may complain in. */
export async function prepare(browser: Browser, server: Server, make: (page: Page) => Promise<void>): Promise<void> {
  const page = await browser.newPage();
  const complaints = await watch(page);
  await signIn(page, server);
  await make(page);
  expect(complaints.all).toEqual([]);
  await page.close();
}

export async function axeClean(page: Page): Promise<void> {
  const found = await new AxeBuilder({ page }).analyze();
  const told = found.violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.html).join(' | ')}`);
  expect(told, `axe on ${page.url()}`).toEqual([]);
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
