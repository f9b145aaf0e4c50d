import { defineConfig } from 'vitest/config';

const reportFile = process.env['WASL_TEST_REPORT'];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/services.ts'],
    // Limits against hanging for ever, wide enough for a browser on a busy two-core machine; no test measures time by them.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    pool: 'forks',
    reporters: reportFile ? ['default', ['json', { outputFile: reportFile }]] : ['default'],
  },
});
