import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pollUntil } from '../support/poll-until.ts';
import { echoFlows, ownServer, removeBuilt, type OwnServer } from './own-server.ts';

let own: OwnServer;
beforeEach(async () => {
  own = await ownServer();
});
afterEach(() => own.remove());
afterAll(removeBuilt);

describe('a stop by SIGTERM', () => {
  it('is not held up by open event streams, a long poll or a send that hangs', async () => {
    const { emulator } = own;
    emulator.fault = (method) => (method === 'sendMessage' ? { is: 'delay', ms: 60_000 } : undefined);
    const { server, url } = await own.startReady(echoFlows);
    const session = await fetch(`${url}/api/chat/sessions`, { method: 'POST' });
    const { token } = (await session.json()) as { token: string };
    const streams = await Promise.all(
      [1, 2, 3].map(() => fetch(`${url}/api/chat/events`, { headers: { authorization: `Bearer ${token}` } })),
    );
    for (const stream of streams) expect(stream.status).toBe(200);
    emulator.userWrites(7, 'hello');
    await emulator.until(() => emulator.callsOf('sendMessage').length > 0, 10_000);

    const stoppedAt = Date.now();
    server.signal('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(Date.now() - stoppedAt).toBeLessThan(10_000);
    await Promise.all(streams.map((stream) => stream.text().catch(() => '')));
  });

  it('ends with 0 also while the server starts', async () => {
    const server = own.start(echoFlows);
    // The settings are read; it opens what it needs.
    await pollUntil('the secrets are made', () => Promise.resolve(existsSync(join(own.dataDir, 'officer-token'))));
    await new Promise((resolve) => setTimeout(resolve, 200));
    server.signal('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });
});

describe('a start', () => {
  it('is refused a port that is taken in one line', async () => {
    const { url } = await own.startReady(echoFlows);
    const other = await ownServer();
    try {
      const second = other.start({ ...echoFlows, PORT: new URL(url).port });
      expect(await second.exited).toEqual({ code: 1, signal: null });
      expect(second.lines.at(-1)).toMatch(/^PORT: expected a free port \(\d+ is taken\), for example PORT=\d+$/);
    } finally {
      await other.remove();
    }
  });

  it('is refused a language that no folder of locales has in one line', async () => {
    const server = own.start({ DEFAULT_LANGUAGE: 'fr' });
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.lines.at(-1)).toMatch(/^DEFAULT_LANGUAGE: expected one of ar, en, .+, for example ar$/);
  });
});
