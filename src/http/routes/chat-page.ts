import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileLimits } from '../../domain/message.ts';
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

/** What the page may send. */
interface Uploads {
  readonly mimeTypes: readonly string[];
  readonly limits: FileLimits;
}

/**
 * The chat's page, `GET /chat`, from the folder it was built into, with the limits of files written into it. Read once; where it was not
 * built, 404 says so.
 */
export function chatPageRoutes({ webDir, uploads }: { webDir: string; uploads: Uploads }) {
  return async (app: App): Promise<void> => {
    for (const { path, file, type } of pageFiles) {
      const served = await readServed(join(webDir, file), file === 'chat.html' ? toPlaces(uploads) : {});
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

/** What is written into the page's places, `{{name}}`. */
function toPlaces({ mimeTypes, limits }: Uploads): Readonly<Record<string, string>> {
  // Phones offer their recorder for any sound only.
  const accepted = new Set(mimeTypes.map((type) => (type.startsWith('audio/') ? 'audio/*' : type)));
  return {
    mimeTypes: [...accepted].join(),
    kinds: limits.kinds.join(' '),
    maxMegabytes: String(limits.maxMegabytes),
  };
}

async function readServed(path: string, places: Readonly<Record<string, string>>): Promise<Served | null> {
  try {
    const read = await readFile(path, 'utf8');
    const body = Buffer.from(
      Object.keys(places).reduce((page, name) => page.replace(`{{${name}}}`, places[name] ?? ''), read),
    );
    return { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
