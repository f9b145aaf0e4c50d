// Builds the product into dist/, or into the folder given (the tests of whole processes): the server and command line (Node, dependencies left in node_modules), and the pages people see.
import { execFileSync } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import { build } from 'esbuild';

const outdir = process.argv[2] ?? 'dist';
await rm(outdir, { recursive: true, force: true });

await Promise.all([
  build({
    entryPoints: {
      main: 'src/main.ts',
      'store/sqlite/worker': 'src/store/sqlite/worker.ts',
      'faq/builder-worker': 'src/faq/builder-worker.ts',
      'channels/whatsapp-web/session-process': 'src/channels/whatsapp-web/session-process.ts',
      'cli/build-faq-model': 'src/cli/build-faq-model.ts',
      'cli/chat': 'src/cli/chat.ts',
      'cli/flows': 'src/cli/flows.ts',
      'cli/officer': 'src/cli/officer.ts',
      'cli/channels': 'src/cli/channels.ts',
    },
    outdir,
    bundle: true,
    // What a dynamic import names is loaded only when it is needed.
    splitting: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: true,
    logLevel: 'warning',
  }),
  build({
    entryPoints: { chat: 'src/web/chat/chat.ts' },
    outdir: `${outdir}/web`,
    bundle: true,
    platform: 'browser',
    // Old phones: what five-year-old Android browsers run.
    target: ['chrome87', 'safari14.1'],
    format: 'iife',
    minify: true,
    sourcemap: true,
    logLevel: 'warning',
  }),
  ...['chat.html', 'chat.css'].map((file) => cp(`src/web/chat/${file}`, `${outdir}/web/${file}`)),
]);

// The FAQ matcher of the shipped content is fitted once here instead of at every first start.
execFileSync(process.execPath, [`${outdir}/cli/build-faq-model.js`, `${outdir}/faq-model.bin`], { stdio: 'inherit' });
