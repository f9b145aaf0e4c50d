import { build } from 'esbuild';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';

describe('the answers folder outside Node', () => {
  it('bundles for a browser without a Node module and answers where there is no process, require or Buffer', async () => {
    const bundle = await build({
      stdin: {
        contents: `import { parseAnswer } from './src/answers/answers.ts';
          const context = { now: new Date('2026-03-12T22:30:00Z'), language: 'ar' };
          globalThis.answers = [['phone', '٠٥٠١٢٣٤٥٦٧'], ['date', '3 رجب 1447'], ['iban', 'SA0380000000608010167519'], ['number', 'خمسة']]
            .map(([kind, text]) => parseAnswer({ kind }, text, context).value);`,
        resolveDir: process.cwd(),
        loader: 'ts',
      },
      bundle: true,
      platform: 'browser',
      format: 'iife',
      minify: true,
      write: false,
      metafile: true,
    });
    const inputs = Object.keys(bundle.metafile.inputs);
    expect(inputs.filter((path) => path.startsWith('node:'))).toEqual([]);
    expect(inputs.some((path) => path.includes('metadata.mobile'))).toBe(true);
    expect(inputs.some((path) => /metadata\.(min|max|full)/.test(path))).toBe(false);
    const page: { answers?: unknown[] } = {};
    runInNewContext(bundle.outputFiles[0]?.text ?? '', page);
    expect([...(page.answers ?? [])]).toEqual(['+966501234567', '2025-12-23', 'SA0380000000608010167519', 5]);
  });
});
