import { request } from './api.ts';
import type { Storage } from './storage.ts';

const requestLimitMs = 20_000;
/** A token with less than this left is changed for a fresh one of the same chat. */
const renewBeforeMs = 45 * 24 * 3_600_000;

interface Kept {
  readonly token: string;
  readonly expiresAt: number;
}

/** The person's token, kept in the browser between visits. */
export interface Session {
  /** The token of this chat; begins one when there is none. @throws RequestFailed */
  token(): Promise<string>;
  /** Whether this browser has a chat to come back to. */
  exists(): boolean;
  forget(): void;
}

export function createSession(storage: Storage): Session {
  let beginning: Promise<string> | null = null;

  function kept(): Kept | null {
    const [expiresAt = '', token = ''] = (storage.get('session') ?? '').split(' ');
    return token !== '' && Number(expiresAt) > Date.now() ? { token, expiresAt: Number(expiresAt) } : null;
  }

  async function begin(old: Kept | null): Promise<string> {
    const headers: HeadersInit = old ? { authorization: `Bearer ${old.token}` } : {};
    const response = await request('sessions', { method: 'POST', headers }, requestLimitMs);
    const { token, expiresAt } = (await response.json()) as Kept; // Our own server's answer.
    storage.set('session', `${expiresAt} ${token}`);
    return token;
  }

  return {
    exists: () => kept() !== null,
    async token() {
      const old = kept();
      if (old && old.expiresAt - Date.now() > renewBeforeMs) return old.token;
      beginning ??= begin(old).finally(() => (beginning = null));
      // An old token is good until it ends, also when no fresh one can be had now.
      return old ? beginning.catch(() => old.token) : beginning;
    },
    forget: () => storage.set('session', null),
  };
}
