import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../../src/domain/errors.ts';
import { appSecret, openWorld, person, type World } from './set-up.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

function sign(body: string | Uint8Array, secret = appSecret): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

async function post(body: string | Uint8Array, headers: Record<string, string> = {}): Promise<number> {
  const given = { 'content-type': 'application/json', 'x-hub-signature-256': sign(body), ...headers };
  const answer = await fetch(world.webhookUrl, { method: 'POST', headers: given, body: new Blob([Buffer.from(body)]) });
  return answer.status;
}

function aWebhook(text = 'مرحبا'): string {
  const { cloud } = world;
  return JSON.stringify(
    cloud.toWebhook({ messages: [cloud.toMessage(person, { type: 'text', text: { body: text } })] }),
  );
}

function textsOf(): string[] {
  return world.intake.messages.map(({ content }) => (content.type === 'text' ? content.text : content.type));
}

describe('the address of the webhook', () => {
  it('proves itself to whoever knows the token', async () => {
    expect(await world.cloud.feed.verify()).toBe(true);
  });

  it.each([
    ['a wrong token', { 'hub.mode': 'subscribe', 'hub.verify_token': 'wrong', 'hub.challenge': '1' }],
    [
      'a token that only begins right',
      { 'hub.mode': 'subscribe', 'hub.verify_token': 'the-verify-toke', 'hub.challenge': '1' },
    ],
    ['no token', { 'hub.mode': 'subscribe', 'hub.challenge': '1' }],
    ['another mode', { 'hub.mode': 'unsubscribe', 'hub.verify_token': 'the-verify-token', 'hub.challenge': '1' }],
    ['no challenge', { 'hub.mode': 'subscribe', 'hub.verify_token': 'the-verify-token' }],
    [
      'a page for a challenge',
      { 'hub.mode': 'subscribe', 'hub.verify_token': 'the-verify-token', 'hub.challenge': '<script>' },
    ],
    ['nothing', {}],
  ])('does not answer %s', async (_what, query) => {
    const answer = await fetch(`${world.webhookUrl}?${new URLSearchParams(query).toString()}`);
    expect([answer.status, await answer.text()]).toEqual([403, '']);
  });

  it('does not answer a token given twice', async () => {
    const query = 'hub.mode=subscribe&hub.challenge=1&hub.verify_token=the-verify-token&hub.verify_token=x';
    expect((await fetch(`${world.webhookUrl}?${query}`)).status).toBe(403);
  });

  it('gives the challenge back as plain text', async () => {
    const query = 'hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=the-verify-token';
    const answer = await fetch(`${world.webhookUrl}?${query}`);
    expect(answer.headers.get('content-type')).toContain('text/plain');
    expect(await answer.text()).toBe('1158201444');
  });
});

describe('a webhook', () => {
  it('is believed by its signature over the bytes as they came, escaped or not', async () => {
    await world.cloud.userWrites(person, 'السلام عليكم 👋 https://example.org');
    const body = world.cloud.feed.deliveries[0]?.body ?? '';
    expect(body).toContain('\\u0627\\u0644');
    expect(body).toContain('\\/\\/example.org');
    expect(await post(aWebhook('دون تهريب'))).toBe(200);
    expect(textsOf()).toEqual(['السلام عليكم 👋 https://example.org', 'دون تهريب']);
  });

  it('carries a batch to the intake at once and in its order', async () => {
    const { cloud, intake } = world;
    const texts = Array.from({ length: 50 }, (_, index) => `m${index}`);
    await cloud.pushMessages(texts.map((body) => cloud.toMessage(person, { type: 'text', text: { body } })));
    expect(textsOf()).toEqual(texts);
    expect(intake.batches).toHaveLength(1);
  });

  it('carries taps on what was sent', async () => {
    const { cloud } = world;
    await world.send({ type: 'text', text: '?', choices: [{ id: 'yes', label: 'نعم' }] });
    const [sent] = cloud.sent;
    if (!sent) throw new Error('nothing was sent');
    await cloud.userTaps(sent, 'نعم');
    expect(world.intake.messages[0]).toMatchObject({ kind: 'choice', content: { choiceId: 'yes', label: 'نعم' } });
  });

  it('hands receipts on', async () => {
    const { cloud } = world;
    await cloud.pushStatuses([
      cloud.toStatus('wamid.A', person, 'sent'),
      cloud.toStatus('wamid.A', person, 'failed', 131047),
    ]);
    expect(
      world.receipts.map(({ platformMessageId, status, failure }) => [platformMessageId, status, failure]),
    ).toEqual([
      ['wamid.A', 'sent', undefined],
      ['wamid.A', 'failed', 'outside-window'],
    ]);
    expect(world.intake.messages).toEqual([]);
  });

  it('is given again until it is stored', async () => {
    const { cloud, intake } = world;
    intake.refusals = 3;
    await cloud.userWrites(person, 'one');
    expect(cloud.feed.deliveries.map(({ status }) => status)).toEqual([503, 503, 503, 200]);
    expect(textsOf()).toEqual(['one']);
    // What was not stored is not marked as read either.
    await expect.poll(() => cloud.callsOf('mark')).toHaveLength(1);
  });

  it('is given again when its receipts could not be stored', async () => {
    const { cloud, adapter, intake } = world;
    const body = Buffer.from(
      JSON.stringify(cloud.toWebhook({ statuses: [cloud.toStatus('wamid.A', person, 'read')] })),
    );
    const request = { method: 'POST', query: {}, headers: { 'x-hub-signature-256': sign(body) }, body };
    const refuse = () => Promise.reject(new StoreUnavailable('away'));
    expect(await adapter.handleWebhook(request, intake, refuse)).toEqual({ status: 503 });
  });

  it('is passed on each time it comes: the intake knows a message by its id', async () => {
    world.cloud.feed.copies = 3;
    await world.cloud.userWrites(person, 'once');
    const ids = world.intake.messages.map((message) => message.platformMessageId);
    expect([ids.length, new Set(ids).size]).toEqual([3, 1]);
  });

  it('of a number that is not ours, or about something else, is taken and left', async () => {
    const { cloud } = world;
    const messages = [cloud.toMessage(person, { type: 'text', text: { body: 'hi' } })];
    expect(await post(JSON.stringify(cloud.toWebhook({ messages }, '999')))).toBe(200);
    const change = { field: 'account_update', value: { event: 'VERIFIED_ACCOUNT' } };
    expect(await post(JSON.stringify({ object: 'whatsapp_business_account', entry: [{ changes: [change] }] }))).toBe(
      200,
    );
    expect(world.intake.batches).toEqual([]);
    expect(cloud.callsOf('mark')).toEqual([]);
  });
});

describe('a forged webhook', () => {
  it('is refused by another method', async () => {
    const answer = await world.adapter.handleWebhook(
      { method: 'PUT', query: {}, headers: {}, body: Buffer.from('') },
      world.intake,
      async () => {},
    );
    expect(answer).toEqual({ status: 405 });
  });
});

describe('a signed webhook', () => {
  it('that is huge is refused before its signature is even looked at', async () => {
    const body = Buffer.alloc(3 * 1024 * 1024 + 1, ' ');
    const request = { method: 'POST', query: {}, headers: {}, body };
    expect(await world.adapter.handleWebhook(request, world.intake, async () => {})).toEqual({ status: 413 });
  });

  it('that was refused tells the log neither text nor number', async () => {
    await post(aWebhook('سر'), { 'x-hub-signature-256': 'sha256=00' });
    world.intake.refusals = 1;
    await post(aWebhook('سر'));
    const told = JSON.stringify(world.log.lines);
    expect(world.log.lines.length).toBeGreaterThan(0);
    expect(told).not.toContain('سر');
    expect(told).not.toContain(person);
  });
});
