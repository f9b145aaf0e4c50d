import { describe, expect, it } from 'vitest';
import { createApp } from '../../../src/http/app.ts';
import { channelRoutes } from '../../../src/http/routes/channels.ts';
import type { AccountDraft, AccountKind } from '../../../src/ports/accounts.ts';
import type { ChannelAdapter, ChannelStatus, PhoneSession } from '../../../src/ports/channel.ts';
import { systemClock } from '../../../src/ports/clock.ts';
import type { Broadcast } from '../../../src/ports/queue.ts';
import type { Repositories } from '../../../src/ports/repositories.ts';
import { createChannelDesk } from '../../../src/runtime/channel-desk.ts';
import { createAccountSet } from '../../../src/runtime/open-accounts.ts';
import { createRecordingChannel } from '../../support/recording-channel.ts';

const log = { debug() {}, info() {}, warn() {}, error() {} };
const headers = { authorization: 'Bearer secret', 'x-officer-id': 'huda' };
const kinds: AccountKind[] = [];

async function openApp(status: ChannelStatus | null) {
  const news: object[] = [];
  const audited: string[] = [];
  const phone = {} as PhoneSession; // That there is one is all that is asked here.
  const of = (channel: string, more: Partial<ChannelAdapter> = {}) => ({
    adapter: { ...createRecordingChannel(), channel, ...more },
    ...{ shown: {}, identity: null as AccountDraft['identity'] },
  });
  const repositories = {
    accounts: { list: async () => ({ accounts: [], removed: [] }), get: async () => null },
    audit: { record: async ({ action }: { action: string }) => void audited.push(action) },
  } as unknown as Repositories; // What the desk asks of it here.
  const fixed = [of('telegram'), of('whatsapp-web', { phone })];
  const desk = createChannelDesk({
    accounts: createAccountSet({ fixed, kinds, repository: repositories.accounts, log }),
    ...{ kinds, repositories, clock: systemClock, changed: async () => {} },
    statuses: { read: async () => status },
    broadcast: { publish: async (_topic: string, one: object) => void news.push(one) } as unknown as Broadcast, // Only told.
  });
  return { app: await createApp({ log, routes: [channelRoutes({ desk, token: 'secret' })] }), news, audited };
}

const common = { account: 'main', title: '', origin: 'environment', isPaused: false, settings: {} };

describe('the channels an officer sees', () => {
  it('hold the code to scan while a phone is being linked, for no cache', async () => {
    const pairing: ChannelStatus = { is: 'pairing', since: 1, qr: '2@abc', expiresAt: 2 };
    const { app } = await openApp(pairing);
    const response = await app.inject({ url: '/api/channels', headers });
    expect(response.json()).toEqual({
      channels: [
        { channel: 'telegram', ...common },
        { channel: 'whatsapp-web', ...common, status: pairing, isUnofficial: true },
      ],
    });
    expect(response.headers['cache-control']).toBe('no-store');
  });

  it('say unpaired when nobody ever held the session', async () => {
    const { app } = await openApp(null);
    const response = await app.inject({ url: '/api/channels', headers });
    expect(response.json()).toMatchObject({ channels: [{}, { status: { is: 'unpaired' } }] });
  });

  it('are for officers alone', async () => {
    const { app, news } = await openApp(null);
    const one = '/api/channels/whatsapp-web/main';
    const asked = [
      await app.inject({ url: '/api/channels' }),
      await app.inject({ method: 'POST', url: '/api/channels', payload: { channel: 'telegram', account: 'x' } }),
      await app.inject({ method: 'PATCH', url: one, payload: {} }),
      await app.inject({ method: 'DELETE', url: one }),
      await app.inject({ method: 'POST', url: `${one}/pairing`, payload: {} }),
    ];
    expect(asked.map(({ statusCode }) => statusCode)).toEqual([401, 401, 401, 401, 401]);
    expect(news).toEqual([]);
  });

  it('can be asked for a code, to scan or to type', async () => {
    const { app, news, audited } = await openApp(null);
    const post = (payload: object, url = '/api/channels/whatsapp-web/main/pairing') =>
      app.inject({ method: 'POST', url, headers, payload });
    expect((await post({})).statusCode).toBe(202);
    expect((await post({ phone: '+966 50 000 0000' })).statusCode).toBe(202);
    expect((await post({ phone: 'call me' })).statusCode).toBe(400);
    expect((await post({}, '/api/channels/telegram/main/pairing')).statusCode).toBe(404);
    const account = { channel: 'whatsapp-web', account: 'main' };
    expect(news).toEqual([
      { ...account, phone: '' },
      { ...account, phone: '966500000000' },
    ]);
    expect(audited).toEqual(['account-pairing', 'account-pairing']);
  });

  it.each(['main/x', 'Branch', '../x', 'ü', '', 'x'.repeat(41)])('refuse the name "%s"', async (account) => {
    const { app } = await openApp(null);
    const payload = { channel: 'telegram', account };
    expect((await app.inject({ method: 'POST', url: '/api/channels', headers, payload })).statusCode).toBe(400);
  });
});
