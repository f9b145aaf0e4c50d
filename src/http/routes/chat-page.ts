import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../domain/errors.ts';
import type { App } from '../app.ts';

const pageFiles = [
  { path: '/chat', file: 'chat.html', type: 'text/html; charset=utf-8' },
  { path: '/chat/chat.css', file: 'chat.css', type: 'text/css; charset=utf-8' },
  { path: '/chat/chat.js', file: 'chat.js', type: 'text/javascript; charset=utf-8' },
] as const;

interface Served {
  readonly body: Buffer;
  readonly etag: string;
}

/** The chat's page, `GET /chat`, from the folder it was built into. Read once; where it was not built, 404 says so. */
export function chatPageRoutes({ webDir }: { webDir: string }) {
  return async (app: App): Promise<void> => {
    for (const { path, file, type } of pageFiles) {
      const served = await readServed(join(webDir, file));
      app.get(path, async (request, reply) => {
        if (!served) throw new AppError('not-found', 'The page is not built. Run: npm run build');
        // Asked for at each visit and answered in one line when nothing changed, so that page and script stay of one version.
        reply.header('cache-control', 'no-cache').header('etag', served.etag);
        if (request.headers['if-none-match'] === served.etag) return reply.code(304).send();
        return reply.header('content-type', type).send(served.body);
      });
    }
  };
}

async function readServed(path: string): Promise<Served | null> {
  try {
    const body = await readFile(path);
    return { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
