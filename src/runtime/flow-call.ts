import { lookup } from 'node:dns';
import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import type { Json } from '../domain/effect.ts';
import type { FlowCall } from './slow-effects.ts';

const callLimitMs = 10_000;
const maxAnswerBytes = 256 * 1024;

/** Addresses that belong to the inside of an installation; a flow's URL may hold what a person typed, so they are refused. */
const innerAddresses = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  innerAddresses.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 96],
  // Ways to write or reach an IPv4 address: NAT64, Teredo, 6to4.
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2001::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  innerAddresses.addSubnet(network, prefix, 'ipv6');
}

/**
 * Makes the HTTP calls of flows: https or http to outer addresses only, no redirects, ten seconds, 256 KiB of JSON or text. The address
 * that is judged is the one that is connected to, so a name that changes its address in between leads nowhere else.
 * `allowInner` is for tests. Answers `{ ok: false, status: 0 }` for whatever goes wrong on the other side.
 * @throws when the signal breaks it off
 */
export function createFlowCall({ allowInner = false }: { allowInner?: boolean } = {}): FlowCall {
  const isRefused = (address: string): boolean => !allowInner && isInner(address);
  return async (call, idempotencyKey, signal) => {
    try {
      const url = new URL(call.url);
      if (url.protocol !== 'https:' && url.protocol !== 'http:') return refusal;
      // A name is judged when it is looked up; an address is not looked up.
      const host = url.hostname.replace(/^\[|\]$/g, '');
      if (isIP(host) && isRefused(host)) return refusal;
      const body = call.body === undefined ? '' : JSON.stringify(call.body);
      const response = await send(url, body, {
        method: call.method,
        agent: false,
        lookup: lookupOnly((address) => !isRefused(address)),
        signal: AbortSignal.any([AbortSignal.timeout(callLimitMs), signal]),
        headers: {
          accept: 'application/json',
          'idempotency-key': idempotencyKey,
          ...(body ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } : {}),
        },
      });
      const status = response.statusCode ?? 0;
      return { ok: status >= 200 && status < 300, status, body: await readBody(response) };
    } catch (error) {
      if (signal.aborted) throw error;
      return refusal;
    }
  };
}

const refusal: Json = { ok: false, status: 0 };

function send(url: URL, body: string, options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? requestHttps(url, options) : requestHttp(url, options);
    request.once('response', resolve).once('error', reject).end(body);
  });
}

/** Looks a name up as Node does, and fails unless every address it has may be connected to. */
function lookupOnly(isAllowed: (address: string) => boolean): LookupFunction {
  return (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error || !first) done(error ?? new Error('the name has no address'), '', 0);
      else if (!addresses.every(({ address }) => isAllowed(address))) done(new Error('an inner address'), '', 0);
      else if (options.all) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };
}

function isInner(address: string): boolean {
  return innerAddresses.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

async function readBody(response: IncomingMessage): Promise<Json> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > maxAnswerBytes) throw new Error('the answer is too large');
    text += decoder.decode(chunk, { stream: true });
  }
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
