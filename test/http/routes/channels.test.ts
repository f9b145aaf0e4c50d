import { describe, expect, it } from 'vitest';
import { createApp } from '../../../src/http/app.ts';
import { channelRoutes } from '../../../src/http/routes/channels.ts';
import type { ChannelStatus } from '../../../src/ports/channel.ts';

const log = { debug() {}, info() {}, warn() {}, error() {} };
const headers = { authorization: 'Bearer secret' };

async function openApp(status: ChannelStatus | null) {
  const asked: (string | null)[] = [];
  const whatsapp = { channel: 'whatsapp-web', account: 'main' };
  const app = await createApp({
    log,
    routes: [
      channelRoutes({
        accounts: [{ channel: 'telegram', account: 'main' }, whatsapp],
        linked: [{ ...whatsapp, status: async () => status, pair: async (phone) => void asked.push(phone) }],
        token: 'secret',
      }),
    ],
  });
  return { app, asked };
}

describe('the channels an officer sees', () => {
  it('hold the code to scan while a phone is being linked, for no cache', async () => {
    const pairing: ChannelStatus = { is: 'pairing', since: 1, qr: '2@abc', expiresAt: 2 };
    const { app } = await openApp(pairing);
    const response = await app.inject({ url: '/api/channels', headers });
    expect(response.json()).toEqual({
      channels: [
        { channel: 'telegram', account: 'main' },
        { channel: 'whatsapp-web', account: 'main', status: pairing, isUnofficial: true },
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
    const { app, asked } = await openApp(null);
    const url = '/api/channels/whatsapp-web/main/pairing';
    expect((await app.inject({ url: '/api/channels' })).statusCode).toBe(401);
    expect((await app.inject({ method: 'POST', url, payload: {} })).statusCode).toBe(401);
    expect(asked).toEqual([]);
  });

  it('can be asked for a code, to scan or to type', async () => {
    const { app, asked } = await openApp(null);
    const post = (payload: object, url = '/api/channels/whatsapp-web/main/pairing') =>
      app.inject({ method: 'POST', url, headers, payload });
    expect((await post({})).statusCode).toBe(202);
    expect((await post({ phone: '+966 50 000 0000' })).statusCode).toBe(202);
    expect((await post({ phone: 'call me' })).statusCode).toBe(400);
    expect((await post({}, '/api/channels/telegram/main/pairing')).statusCode).toBe(404);
    expect(asked).toEqual([null, '966500000000']);
  });
});
