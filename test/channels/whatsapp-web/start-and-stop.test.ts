import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createWhatsappWebAdapter } from '../../../src/channels/whatsapp-web/adapter.ts';
import { systemClock as clock } from '../../../src/ports/clock.ts';
import { silentLog } from '../../support/world.ts';

describe('a session that is told to stop while the store keeps it from starting', () => {
  it('never begins, whoever has the number by then', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'wasl-whatsapp-web-'));
    let answer = (): void => {};
    const isAsked = new Promise<void>((resolve) => (answer = resolve));
    const adapter = createWhatsappWebAdapter({
      ...{ account: 'main', dataDir, chromiumPath: '/no/such/browser', chromiumArgs: [], messagesPerMinute: 20 },
      ...{ memory: { get: () => isAsked.then(() => null), set: async () => {} }, clock, log: silentLog },
    });
    const starting = adapter.start({ accept: async () => {} });
    await adapter.stop();
    answer();
    await starting;
    const place = adapter.placeToSend?.();
    await adapter.stop();
    await rm(dataDir, { recursive: true, force: true });
    expect(place).toBe('elsewhere');
  });
});
