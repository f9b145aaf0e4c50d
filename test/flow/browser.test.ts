import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { describe, expect, it } from 'vitest';

const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const hasChromium = existsSync(executablePath);
if (!hasChromium) console.log(`skipped: the flow engine in a browser (no Chromium at ${executablePath})`);

const entry = `
  import { parseFlow } from './src/flow/parse.ts';
  import { createProgram } from './src/flow/program.ts';
  import { inspect } from './src/flow/inspect.ts';
  import { toIntentPhrases } from './src/flow/intents.ts';
  import { conversationTestSchema, runConversationTest } from './src/flow/conversation-test.ts';
  import { createTranslate } from './src/i18n/translate.ts';
  globalThis.play = ({ resources, golden }) => {
    const flows = golden.flows.map((source) => parseFlow(source).value);
    const source = {
      flows, entryFlowId: flows[0].id, intents: { bindings: {}, phrases: toIntentPhrases(resources) },
      translate: createTranslate({ resources }), facts: {}, faq: null,
    };
    return {
      problems: inspect(source).map(({ code }) => code),
      failures: golden.conversations.flatMap((one) => runConversationTest(createProgram(source), conversationTestSchema.parse(one)).failures),
    };
  };
`;

describe.skipIf(!hasChromium)('src/flow in a browser', () => {
  it('parses, inspects and plays conversations, unchanged', { timeout: 60_000 }, async () => {
    const root = new URL('../../', import.meta.url).pathname;
    const bundle = await build({
      stdin: { contents: entry, resolveDir: root, loader: 'ts' },
      bundle: true,
      write: false,
      format: 'iife',
      platform: 'browser',
      target: 'es2022',
      logLevel: 'silent',
    });
    const resources = Object.fromEntries(
      await Promise.all(
        ['ar', 'en'].map(async (language) => [
          language,
          Object.fromEntries(
            await Promise.all(
              ['engine', 'answers', 'intents'].map(async (name) => [
                name,
                JSON.parse(await readFile(join(root, 'locales', language, `${name}.json`), 'utf8')) as unknown,
              ]),
            ),
          ) as unknown,
        ]),
      ),
    ) as unknown;
    const golden = JSON.parse(await readFile(join(root, 'test/flow/conversations/ask.json'), 'utf8')) as unknown;
    const profile = await mkdtemp(join(tmpdir(), 'flow-browser-'));
    const browser = await chromium.launchPersistentContext(profile, {
      executablePath,
      headless: true,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    try {
      const page = await browser.newPage();
      await page.setContent('<!doctype html><title>flow</title>');
      await page.addScriptTag({ content: bundle.outputFiles[0]?.text ?? '' });
      const result = await page.evaluate(
        (input) => (globalThis as unknown as { play: (given: unknown) => unknown }).play(input), // Defined by the bundle.
        { resources, golden },
      );
      expect(result).toEqual({ problems: ['human-missing'], failures: [] });
    } finally {
      await browser.close();
      await rm(profile, { recursive: true, force: true });
    }
  });
});
