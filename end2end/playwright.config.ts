// The browser tests: a real Chromium against the real server. `make test` sets TIDEGATE_BIN and TIDEGATE_SITE_ROOT, and
// `make test-all` TIDEGATE_TEST_ALL: then every page is looked at in all of its looks.
//
// One file by hand: `npx playwright test --no-deps bad-input`.
import { defineConfig } from '@playwright/test';

const STORY = '**/story.spec.ts';

export default defineConfig({
  testDir: 'tests',
  outputDir: 'results/artifacts',
  // Two files at once, each with a server of its own. More would wait for each other on two cores.
  workers: 2,
  retries: 0,
  forbidOnly: true,
  timeout: 240_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['json', { outputFile: 'results/report.json' }]],
  projects: [
    { name: 'console', testIgnore: STORY, teardown: 'story' },
    // It grows and shrinks real processes under load, so it runs alone: what runs beside it would be measured with it.
    // "Teardown" is what runs after the others whatever came of them; a dependency of theirs would not run when they fail.
    { name: 'story', testMatch: STORY },
  ],
  use: {
    headless: true,
    locale: 'en-GB',
    viewport: { width: 1440, height: 900 },
    screenshot: 'only-on-failure',
    // Without its film: drawing every frame once more takes longer than many a test.
    trace: { mode: 'retain-on-failure', screenshots: false },
    launchOptions: {
      executablePath: process.env.TIDEGATE_CHROMIUM ?? '/usr/bin/chromium',
      // Chromium has no sandbox under root, and no business on the network.
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    },
  },
});
