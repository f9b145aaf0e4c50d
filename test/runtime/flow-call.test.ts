import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFlowCall } from '../../src/runtime/flow-call.ts';

const refusal = { ok: false, status: 0 };
const never = new AbortController().signal;
const get = (url: string) => ({ type: 'call', key: 'k', method: 'GET', url }) as const;

let server: Server;
let url: string;
let asked: { method?: string; headers: Record<string, unknown>; body: string }[];
let answer: { status: number; body: string; headers?: Record<string, string> };

beforeEach(async () => {
  asked = [];
  answer = { status: 200, body: '{"stock":3}' };
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      asked.push({ ...(request.method ? { method: request.method } : {}), headers: request.headers, body });
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`; // A TCP server has one.
});
afterEach(() => server.close());

describe('a call of a flow', () => {
  const call = createFlowCall({ allowInner: true });

  it('brings the status and the JSON back', async () => {
    expect(await call(get(url), 'e-1', never)).toEqual({ ok: true, status: 200, body: { stock: 3 } });
    expect(asked[0]).toMatchObject({ method: 'GET', headers: { 'idempotency-key': 'e-1' }, body: '' });
  });

  it('posts JSON with its length', async () => {
    await call({ ...get(url), method: 'POST', body: { city: 'المدينة' } }, 'e-1', never);
    expect(asked[0]).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } });
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ city: 'المدينة' });
  });

  it('tells a failure and a redirect by their status, and follows neither', async () => {
    answer = { status: 500, body: 'broken' };
    expect(await call(get(url), 'e-1', never)).toEqual({ ok: false, status: 500, body: 'broken' });
    answer = { status: 302, body: '', headers: { location: `${url}elsewhere` } };
    expect(await call(get(url), 'e-1', never)).toMatchObject({ ok: false, status: 302 });
    expect(asked).toHaveLength(2);
  });

  it('refuses an answer that is too large', async () => {
    answer = { status: 200, body: 'x'.repeat(300_000) };
    expect(await call(get(url), 'e-1', never)).toEqual(refusal);
  });

  it('is no result when it is broken off, so that it is made again', async () => {
    await expect(call(get(url), 'e-1', AbortSignal.abort())).rejects.toThrow();
  });
});

describe('a call to the inside of the installation', () => {
  const call = createFlowCall();

  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[fd00::1]/',
    'http://10.1.2.3/',
    'http://169.254.169.254/latest/meta-data/',
    'http://192.168.1.1/',
    'http://localhost/',
    'http://localhost./',
    'ftp://example.org/',
    'file:///etc/passwd',
    'no address',
  ])('is refused: %s', async (address) => {
    expect(await call(get(address), 'e-1', never)).toEqual(refusal);
  });

  it('is refused when a name leads there, without a connection', async () => {
    const { port } = new URL(url);
    expect(await call(get(`http://localhost:${port}/`), 'e-1', never)).toEqual(refusal);
    expect(await call(get(url), 'e-1', never)).toEqual(refusal);
    expect(asked).toEqual([]);
  });
});
