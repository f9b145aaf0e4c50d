import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../../src/http/app.ts';
import { webhookRoutes } from '../../../src/http/routes/webhooks.ts';
import type { WebhookRequest } from '../../../src/ports/channel.ts';
import { silentLog } from '../../support/world.ts';

let app: Awaited<ReturnType<typeof createApp>>;
let requests: WebhookRequest[];
let answer: { status: number; body?: string };

beforeEach(async () => {
  requests = [];
  answer = { status: 200 };
  const handler = async (request: WebhookRequest) => {
    requests.push(request);
    return answer;
  };
  app = await createApp({ log: silentLog, routes: [webhookRoutes(new Map([['some-channel/main', handler]]))] });
});
afterEach(() => app.close());

const url = '/webhooks/some-channel/main';

describe('the webhook of an account', () => {
  it('is given the bytes as they came, whatever they are said to be', async () => {
    const payload = '{ "a":\t"\\u0645" }';
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
      const { statusCode } = await app.inject({ method: 'POST', url, payload, headers: { 'content-type': type } });
      expect(statusCode).toBe(200);
    }
    expect(requests.map(({ method, body }) => [method, Buffer.from(body).toString()])).toEqual(
      Array.from({ length: 3 }, () => ['POST', payload]),
    );
  });

  it('is asked by GET with its query, and answers in plain text', async () => {
    answer = { status: 200, body: '42' };
    const given = await app.inject({ method: 'GET', url: `${url}?hub.mode=subscribe&hub.challenge=42&x=1&x=2` });
    expect([given.statusCode, given.body, given.headers['content-type']]).toEqual([
      200,
      '42',
      'text/plain; charset=utf-8',
    ]);
    expect({ ...requests[0]?.query }).toEqual({ 'hub.mode': 'subscribe', 'hub.challenge': '42', x: ['1', '2'] });
    expect(requests[0]?.body).toHaveLength(0);
  });

  it('tells the platform what the handler says', async () => {
    answer = { status: 503 };
    expect((await app.inject({ method: 'POST', url, payload: 'x' })).statusCode).toBe(503);
  });

  it('refuses a body over 3 MB before anybody reads it', async () => {
    const payload = Buffer.alloc(3 * 1024 * 1024 + 1);
    expect((await app.inject({ method: 'POST', url, payload })).statusCode).toBe(413);
    expect(requests).toEqual([]);
  });

  it.each(['GET', 'POST'] as const)('is not there for another account (%s)', async (method) => {
    expect((await app.inject({ method, url: '/webhooks/some-channel/other' })).statusCode).toBe(404);
    expect(requests).toEqual([]);
  });
});
