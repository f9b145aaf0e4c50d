import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../../src/http/app.ts';
import { officerRoutes } from '../../../src/http/routes/officers.ts';
import { startLinkWorld, type LinkWorld } from '../../support/link-world.ts';
import { createMovableClock, openTemporaryStore, silentLog } from '../../support/world.ts';

const token = 'a'.repeat(48);
const known = 'telegram:7';
const newcomer = 'whatsapp-web:966';
let world: LinkWorld;
let url: string;
let close: () => Promise<void>;
let requests = 0;

beforeEach(async () => {
  const opened = await openTemporaryStore();
  const clock = createMovableClock();
  world = await startLinkWorld({ store: opened.store, sent: [], clock });
  const { runtime, repositories } = world;
  const app = await createApp({
    log: silentLog,
    routes: [officerRoutes({ handoff: runtime.handoff, repositories, openFile: async () => null, clock, token })],
  });
  url = await app.listen({ port: 0, host: '127.0.0.1' });
  close = async () => {
    await app.close();
    await runtime.close();
    await opened.store.close();
    await opened.remove();
  };
  for (const [chat, text, answer] of [
    [known, 'link', /all your requests in each/],
    [known, 'Give me a code', /Your link code/],
    [newcomer, 'link', /all your requests in each/],
    [newcomer, 'I have a code', /eight digits/],
    [newcomer, '', /Do you agree to link/],
    [newcomer, 'Yes, link them', /They are linked/],
  ] as const) {
    const code = /\d{4} \d{4}/.exec((await world.said(known)).join())?.[0] ?? '';
    await world.write(chat, text || code, `m${(requests += 1)}`);
    await world.hears(chat, answer);
  }
  await world.hears(known, /was linked with this one/);
});
afterEach(() => close());

async function ask(method: 'GET' | 'POST', path: string, body?: object, officer = 'huda') {
  const response = await fetch(`${url}/api/conversations${path}`, {
    method,
    headers: {
      ...{ authorization: `Bearer ${token}`, 'x-officer-id': officer },
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const audited = async () =>
  (await world.repositories.audit.list({ limit: 20 })).map(({ officerId, action, conversationId }) => [
    ...[officerId ?? 'the person', action, conversationId],
  ]);

describe('linked chats over HTTP', () => {
  it('are named to officers, who read each by the audited way', async () => {
    const [first, second] = [world.idOf(known), world.idOf(newcomer)];
    expect(await ask('GET', `/${first}`)).toMatchObject({
      status: 200,
      body: {
        conversation: { id: first, channel: 'telegram' },
        linked: [{ conversationId: second, channel: 'whatsapp-web' }],
      },
    });
    expect(await ask('GET', `/${second}/messages`)).toMatchObject({ status: 200 });
    expect(await audited()).toEqual([
      ['huda', 'transcript-read', second],
      ['the person', 'channel-linked', second],
    ]);
    expect(await ask('GET', '/nobody')).toMatchObject({ status: 404 });
    expect((await fetch(`${url}/api/conversations/${first}`)).status).toBe(401);
  });

  it('are unlinked by an officer once, with both told and the officer written down', async () => {
    const [first, second] = [world.idOf(known), world.idOf(newcomer)];
    const same = { requestId: 'request-unlink' };
    expect(await ask('POST', `/${second}/unlink`, same)).toMatchObject({ status: 200, body: { outcome: 'accepted' } });
    expect(await ask('POST', `/${second}/unlink`, same)).toMatchObject({ status: 200, body: { outcome: 'accepted' } });
    expect(await ask('POST', `/${second}/unlink`, { requestId: 'request-again' })).toMatchObject({
      status: 409,
      body: { outcome: 'refused', code: 'not-linked' },
    });
    expect(await ask('POST', '/nobody/unlink', same)).toMatchObject({ status: 404 });
    expect(await ask('POST', `/${second}/unlink`, {})).toMatchObject({ status: 400 });
    await world.hears(known, /is no longer linked with this one/);
    await world.hears(newcomer, /This chat is no longer linked/);
    expect(await ask('GET', `/${first}`)).toMatchObject({ body: { linked: [] } });
    expect(await audited()).toEqual(
      expect.arrayContaining([
        ['huda', 'officer-unlinked', second],
        ['the person', 'channel-linked', second],
      ]),
    );
    const texts = JSON.stringify(await world.repositories.audit.list({ limit: 20 }));
    expect(texts).not.toMatch(/\d{4} \d{4}|Amal|telegram/);
  });
});
