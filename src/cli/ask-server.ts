import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/** Asks the running server for one thing. @throws Error with the server's own words */
export type Ask = (
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body?: Record<string, unknown>,
) => Promise<unknown>;

/** Speaks to the server as an officer, with the token in its data folder. @throws Error when there is none */
export function connect(server: string, dataDir: string, officerName: string): Ask {
  const file = join(dataDir, 'officer-token');
  if (!existsSync(file))
    throw new Error(`There is no ${file}: start the server first, or name its folder with --data-dir.`);
  const token = readFileSync(file, 'utf8').trim();
  return async (method, path, body) => {
    const response = await fetch(new URL(path, server), {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'x-officer-id': toOfficerId(officerName),
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    }).catch((cause: unknown) => {
      throw new Error(`No server answers at ${server}. Start it with: npm start, or name its address with --server.`, {
        cause,
      });
    });
    const answer = (await response.json().catch(() => ({}))) as { message?: string; outcome?: string };
    if (!response.ok) throw new Error(answer.message ?? `the server answered ${response.status}`);
    if (answer.outcome === 'pending')
      throw new Error('It is stored and not done yet: a worker will do it. Look again soon.');
    return answer;
  };
}

/** A name as an id. What is lost of it comes back as a digest, so that two names never become one officer. */
function toOfficerId(name: string): string {
  const plain = name.replace(/[^\w.@-]/g, '_').slice(0, 60);
  return plain === name && plain !== ''
    ? plain
    : `${plain}-${createHash('sha256').update(name).digest('hex').slice(0, 12)}`;
}

/** What every command that talks to a server may be told, for `parseArgs`. */
export const serverOptions = {
  server: { type: 'string', default: 'http://127.0.0.1:3000' },
  'data-dir': { type: 'string', default: 'data' },
  name: { type: 'string', default: userInfo().username },
  help: { type: 'boolean', default: false },
} as const;
