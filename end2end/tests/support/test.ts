// The test of every spec file: its page is watched, and whatever the browser complained about fails it.
import { test as base } from '@playwright/test';
import { type Complaints, watch } from './pages';

export { expect } from '@playwright/test';

export const test = base.extend<{ complaints: Complaints }>({
  complaints: [
    async ({ page }, use) => {
      const complaints = await watch(page);
      await use(complaints);
      base.expect(complaints.all).toEqual([]);
    },
    { auto: true },
  ],
});
