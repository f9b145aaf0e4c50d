import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
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
  ['192.168.0.0', 16],
  ['224.0.0.0', 3],
] as const) {
  innerAddresses.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  innerAddresses.addSubnet(network, prefix, 'ipv6');
}

/**
 * Makes the HTTP calls of flows: https or http to outer addresses only, no redirects, ten seconds, 256 KiB of JSON or text.
 * `allowInner` is for tests. Answers `{ ok: false, status: 0 }` for whatever goes wrong; it never throws for the other side's faults.
 */
export function createFlowCall({ allowInner = false }: { allowInner?: boolean } = {}): FlowCall {
  return async (call, idempotencyKey) => {
    try {
      const url = new URL(call.url);
      if (url.protocol !== 'https:' && url.protocol !== 'http:') return refusal;
      if (!allowInner && (await isInner(url.hostname))) return refusal;
      const response = await fetch(url, {
        method: call.method,
        redirect: 'error',
        signal: AbortSignal.timeout(callLimitMs),
        headers: {
          accept: 'application/json',
          'idempotency-key': idempotencyKey,
          ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      });
      return { ok: response.ok, status: response.status, body: await readBody(response) };
    } catch {
      return refusal;
    }
  };
}

const refusal: Json = { ok: false, status: 0 };

async function isInner(hostname: string): Promise<boolean> {
  const host = hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host) ? [{ address: host, family: isIP(host) }] : await lookup(host, { all: true });
  return addresses.some(({ address, family }) => innerAddresses.check(address, family === 6 ? 'ipv6' : 'ipv4'));
}

async function readBody(response: Response): Promise<Json> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += (chunk as Uint8Array).byteLength;
    if (bytes > maxAnswerBytes) throw new Error('the answer is too large');
    text += decoder.decode(chunk, { stream: true });
  }
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
