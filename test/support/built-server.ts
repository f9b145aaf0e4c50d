import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../..');

/** The project's folder; the server's locales are in it. */
export const localesDir = join(root, 'locales');

/** The server as `npm run build` makes it, in a folder of this run's own, from which its packages are found. */
export interface BuiltServer {
  /** What Node runs. */
  readonly main: string;
  remove(): Promise<void>;
}

export async function buildServer(): Promise<BuiltServer> {
  const cache = join(root, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'wasl-built-'));
  await promisify(execFile)(process.execPath, [join(root, 'build.config.js'), folder], { cwd: root });
  return { main: join(folder, 'main.js'), remove: () => rm(folder, { recursive: true, force: true }) };
}
