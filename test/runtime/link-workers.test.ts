import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startLinkWorld, type LinkWorld } from '../support/link-world.ts';
import type { Sent } from '../support/recording-channel.ts';
import { createMovableClock, openTemporaryStore } from '../support/world.ts';

let opened: Awaited<ReturnType<typeof openTemporaryStore>>;
let one: LinkWorld;
let two: LinkWorld;
let messages = 0;

beforeEach(async () => {
  opened = await openTemporaryStore();
  const options = { store: opened.store, sent: [] as Sent[], clock: createMovableClock(), isSoleWorker: false };
  [one, two] = [await startLinkWorld(options), await startLinkWorld(options)];
});
afterEach(async () => {
  await Promise.all([one.runtime.close(), two.runtime.close()]);
  await opened.store.close();
  await opened.remove();
});

/** The platform gives everything to both workers. */
async function ask(chat: string, text: string, answer: RegExp): Promise<string> {
  const before = (await one.said(chat)).length;
  const id = `m${(messages += 1)}`;
  await Promise.all([one.write(chat, text, id), two.write(chat, text, id)]);
  return one.hears(chat, answer, before);
}

async function getCode(chat: string): Promise<string> {
  await ask(chat, 'link', /all your requests in each/);
  return /\d{4} \d{4}/.exec(await ask(chat, 'Give me a code', /Your link code/))?.[0] ?? '';
}

async function typeCode(chat: string, code: string, answer: RegExp): Promise<string> {
  await ask(chat, 'link', /all your requests in each/);
  await ask(chat, 'I have a code', /eight digits/);
  return ask(chat, code, answer);
}

describe('two workers on one store', () => {
  it('give one code, link once and tell once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [known, joining] = [`telegram:${round}`, `whatsapp-web:${round}`];
      await typeCode(joining, await getCode(known), /Do you agree to link/);
      await ask(joining, 'Yes, link them', /They are linked/);
      await one.hears(known, /was linked with this one/);
      await one.idle(known, joining);
      expect((await one.conversation(joining)).personId).toBe((await one.conversation(known)).personId);
      for (const [chat, text] of [
        [known, 'was linked with this one'],
        [known, 'Your link code'],
        [joining, 'They are linked'],
      ] as const)
        expect((await one.said(chat)).filter((line) => line.includes(text))).toHaveLength(1);
    }
    expect(await one.repositories.audit.list({ limit: 20 })).toHaveLength(5);
  });

  it('let one of two have a code that both type at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const code = await getCode(`telegram:${round}`);
      const typing = [`web-chat:${round}a`, `web-chat:${round}b`];
      const answers = await Promise.all(
        typing.map((chat) => typeCode(chat, code, /Do you agree to link|has been used/)),
      );
      expect(answers.filter((text) => text.includes('Do you agree'))).toHaveLength(1);
    }
  });

  it('leave no half of a link when two chats join each other at once', async () => {
    for (let round = 0; round < 8; round += 1) {
      const [left, right] = [`telegram:${round}`, `whatsapp-web:${round}`];
      const [ofLeft, ofRight] = [await getCode(left), await getCode(right)];
      await typeCode(left, ofRight, /Do you agree to link/);
      await typeCode(right, ofLeft, /Do you agree to link/);
      const outcome = /They are linked|cannot link it|linked with another one of yours/;
      const answers = await Promise.all([left, right].map((chat) => ask(chat, 'Yes, link them', outcome)));
      await one.idle(left, right);
      const [first, second] = [await one.conversation(left), await one.conversation(right)];
      const isLinked = first.personId === second.personId;
      expect(first.linking ?? second.linking).toBeUndefined();
      expect(answers.some((text) => text.includes('They are linked'))).toBe(isLinked);
      if (isLinked) continue;
      for (const chat of [left, right]) {
        const { id, personId } = await one.conversation(chat);
        expect(await one.repositories.people.conversations(personId)).toEqual([id]);
        expect((await one.said(chat)).join()).not.toContain('was linked with this one');
      }
    }
  });
});
