import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

/** The chat's page as `npm run build` makes it, in a folder of its own. */
export async function buildChatPage(): Promise<{ webDir: string; remove(): Promise<void> }> {
  const webDir = await mkdtemp(join(tmpdir(), 'wasl-chat-page-'));
  const source = resolve(import.meta.dirname, '../../src/web/chat');
  await build({
    entryPoints: { chat: join(source, 'chat.ts') },
    outdir: webDir,
    bundle: true,
    platform: 'browser',
    target: ['chrome87', 'safari14.1'],
    format: 'iife',
    minify: true,
    logLevel: 'warning',
  });
  for (const file of ['chat.html', 'chat.css']) await cp(join(source, file), join(webDir, file));
  return { webDir, remove: () => rm(webDir, { recursive: true, force: true }) };
}
