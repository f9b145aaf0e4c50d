import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { mongo } from 'mongoose';
import { afterAll, afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { pollUntil } from '../support/poll-until.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { findTraces, readFiles, type Secrets } from './find-traces.ts';
import { askAsOfficer, ownServer, removeBuilt, type OwnServer } from './own-server.ts';

const redisUrl = inject('redisUrl');
const mongodbUri = inject('mongodbUri');

const person = {
  chat: 7_719_283_746,
  name: 'رحاب المزيني',
  phone: '0557193824',
  identity: '1074826395',
  sentence: 'مضخة البئر تعطلت قبل أسبوع',
  file: 'the water bill of the well',
};
const secrets: Secrets = {
  'the chat': String(person.chat),
  'the name': person.name,
  'the phone number': person.phone.slice(1),
  'the identity number': person.identity,
  'the sentence': person.sentence,
  "the file's text": person.file,
};

let own: OwnServer;
beforeEach(async () => {
  own = await ownServer();
});
afterEach(() => own.remove());
afterAll(removeBuilt);

/** Tells everything, sends a file and asks for an officer. Gives the conversation's id. */
async function tellEverything(url: string): Promise<string> {
  const { emulator } = own;
  const from = { first_name: 'رحاب', last_name: 'المزيني', username: 'rehab_almuzaini' };
  const answers = [person.name, person.phone, person.identity, person.sentence];
  for (const [index, text] of ['hello', ...answers, `${person.sentence} ${person.phone}`].entries()) {
    emulator.userWrites(person.chat, text, from);
    // The answer to the fourth one is two messages.
    await emulator.until(() => emulator.sentTo(person.chat).length >= index + (index >= 4 ? 2 : 1));
  }
  expect(emulator.sentTo(person.chat).at(-1)?.text).toContain(person.sentence);
  const upload = {
    bytes: Buffer.from(`%PDF-1.4\n${person.file}\n`),
    fileName: `${person.name}.pdf`,
    mimeType: 'application/pdf',
  };
  emulator.userSendsFile(person.chat, 'document', upload, { caption: person.sentence });
  emulator.userWrites(person.chat, 'officer', from);
  let id = '';
  await pollUntil('the conversation waits for an officer and its file is kept', async () => {
    const { body } = await askAsOfficer(own.dataDir, `${url}/api/conversations?owner=queue`);
    id = (body as { conversations: { id: string }[] }).conversations[0]?.id ?? '';
    return id !== '' && JSON.stringify(await transcriptOf(url, id)).includes('"state":"stored"');
  });
  return id;
}

async function transcriptOf(url: string, id: string): Promise<{ status: number; body: unknown }> {
  return askAsOfficer(own.dataDir, `${url}/api/conversations/${id}/messages`);
}

async function beForgotten(): Promise<void> {
  own.emulator.userWrites(person.chat, 'delete my data');
  await own.emulator.until(() => /Farewell/.test(own.emulator.sentTo(person.chat).at(-1)?.text ?? ''));
}

/** What the server's process said, and what it keeps under DATA_DIR. */
async function filesAndLogs(server: ServerProcess): Promise<Map<string, Buffer>> {
  return new Map([...(await readFiles(own.dataDir)), ['the logs', Buffer.from(server.lines.join('\n'))]]);
}

describe('finding traces', () => {
  it.each([
    ['as it is', person.sentence],
    [
      'in JSON with escapes',
      JSON.stringify(person.sentence).replace(/[^ -~]/g, (unit) => `\\u0${unit.charCodeAt(0).toString(16)}`),
    ],
    ['inside base64', Buffer.from(`{"text":"${person.sentence}"}`).toString('base64')],
    ['inside base64url, elsewhere', Buffer.from(`[ "${person.sentence}", 1 ]`).toString('base64url')],
    ['in hex', Buffer.from(person.sentence).toString('hex')],
  ])('sees a sentence %s', (_form, text) => {
    expect(findTraces({ it: person.sentence }, new Map([['here', Buffer.from(text)]]))).not.toEqual([]);
    expect(findTraces({ it: 'something else' }, new Map([['here', Buffer.from(text)]]))).toEqual([]);
  });
});

describe('what a person told, on SQLite', () => {
  it('stands nowhere in the data folder or the logs, and opens no more after an erasure', async () => {
    const { server, url } = await own.startReady({ LOG_LEVEL: 'debug' });
    const id = await tellEverything(url);
    const before = await filesAndLogs(server);
    expect([...before.keys()].some((file) => file.includes('blobs'))).toBe(true);
    expect([...before.keys()].some((file) => file.endsWith('-wal'))).toBe(true);
    expect(findTraces(secrets, before)).toEqual([]);
    const shown = await transcriptOf(url, id);
    expect(shown.status).toBe(200);
    expect(JSON.stringify(shown.body)).toContain(person.sentence);

    await beForgotten();
    await pollUntil('the conversation is gone', async () => (await transcriptOf(url, id)).status === 404);
    const { body } = await askAsOfficer(own.dataDir, `${url}/api/conversations?owner=queue`);
    expect(body).toEqual({ conversations: [] });
    expect(findTraces(secrets, await filesAndLogs(server))).toEqual([]);

    // Also for the next process.
    server.signal('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    const next = await own.startReady({ LOG_LEVEL: 'debug' });
    expect((await transcriptOf(next.url, id)).status).toBe(404);
    expect(findTraces(secrets, await filesAndLogs(next.server))).toEqual([]);
  });
});

describe.skipIf(redisUrl === null || mongodbUri === null)('what a person told, on MongoDB and Redis', () => {
  it('stands nowhere in a document, a Redis value or the logs, and opens no more after an erasure', async () => {
    const mongoUri = `${mongodbUri}/sealed-${process.pid}`;
    const redis = `${redisUrl}/7`;
    const { server, url } = await own.startReady({ LOG_LEVEL: 'debug', MONGODB_URI: mongoUri, REDIS_URL: redis });
    const look = async () =>
      new Map([...(await filesAndLogs(server)), ...(await readMongo(mongoUri)), ...(await readRedis(redis))]);
    const id = await tellEverything(url);
    const before = await look();
    expect([...before.keys()]).toEqual(expect.arrayContaining(['MongoDB messages', 'MongoDB events']));
    expect([...before.keys()].some((place) => place.startsWith('Redis '))).toBe(true);
    expect(findTraces(secrets, before)).toEqual([]);

    await beForgotten();
    await pollUntil('the conversation is gone', async () => (await transcriptOf(url, id)).status === 404);
    await pause(200);
    expect(findTraces(secrets, await look())).toEqual([]);
  });
});

/** Every collection's documents as the bytes that are stored. */
async function readMongo(uri: string): Promise<Map<string, Buffer>> {
  const client = await mongo.MongoClient.connect(uri);
  try {
    const places = new Map<string, Buffer>();
    for (const collection of await client.db().collections()) {
      // With `raw`, documents come as Buffers.
      const documents = (await collection.find({}, { raw: true }).toArray()) as unknown as Buffer[];
      if (documents.length > 0) places.set(`MongoDB ${collection.collectionName}`, Buffer.concat(documents));
    }
    return places;
  } finally {
    await client.close();
  }
}

async function readRedis(url: string): Promise<Map<string, Buffer>> {
  const client = new Redis(url);
  try {
    const places = new Map<string, Buffer>();
    for (const key of await client.keys('*')) {
      places.set(`Redis ${key}`, Buffer.from(JSON.stringify([key, await readValue(client, key)])));
    }
    return places;
  } finally {
    client.disconnect();
  }
}

async function readValue(client: Redis, key: string): Promise<unknown> {
  switch (await client.type(key)) {
    case 'string':
      return client.get(key);
    case 'hash':
      return client.hgetall(key);
    case 'list':
      return client.lrange(key, 0, -1);
    case 'set':
      return client.smembers(key);
    case 'zset':
      return client.zrange(key, '0', '-1', 'WITHSCORES');
    case 'stream':
      return client.xrange(key, '-', '+');
    default:
      return null;
  }
}
