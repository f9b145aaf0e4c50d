import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OfficerAct } from '../../src/runtime/handoff.ts';
import { toId } from '../../src/domain/ids.ts';
import { startLinkWorld, type LinkWorld } from '../support/link-world.ts';
import { createMovableClock, openTemporaryStore } from '../support/world.ts';

const known = 'telegram:7';
const newcomer = 'whatsapp-web:966';
const minutes = 60_000;

let opened: Awaited<ReturnType<typeof openTemporaryStore>>;
let world: LinkWorld;
let clock: ReturnType<typeof createMovableClock>;
let messages = 0;

beforeEach(async () => {
  opened = await openTemporaryStore();
  clock = createMovableClock();
  world = await startLinkWorld({ store: opened.store, sent: [], clock });
});
afterEach(async () => {
  await world.runtime.close();
  await opened.store.close();
  await opened.remove();
});

/** Writes in a chat and waits for an answer to it. */
async function ask(chat: string, text: string, answer: RegExp, in_ = world): Promise<string> {
  const before = (await in_.said(chat)).length;
  await in_.write(chat, text, `m${(messages += 1)}`);
  return in_.hears(chat, answer, before);
}

const backToMenu = (chat: string) => ask(chat, 'menu', /How can I help|Before we start/);
const howToLink = /linking them shows all your requests/;

async function getCode(chat: string): Promise<string> {
  await ask(chat, 'link', howToLink);
  const text = await ask(chat, 'Give me a code', /Your link code/);
  return codeIn(text);
}

function codeIn(text: string): string {
  const code = /\d{4} \d{4}/.exec(text)?.[0];
  if (code === undefined) throw new Error(`there is no code in ${text}`);
  return code;
}

async function typeCode(chat: string, code: string, answer: RegExp): Promise<string> {
  await ask(chat, 'link', howToLink);
  await ask(chat, 'I have a code', /eight digits/);
  return ask(chat, code, answer);
}

async function link(from: string, to: string): Promise<void> {
  await typeCode(to, await getCode(from), /Do you agree to link them/);
  await ask(to, 'Yes, link them', /They are linked/);
}

async function openRequest(chat: string, what: string): Promise<string> {
  await ask(chat, 'suggestion', /hear your idea/);
  const text = await ask(chat, what, /We have your suggestion/);
  return /W-\d{7}/.exec(text)?.[0] ?? '';
}

async function isLinked(...chats: string[]): Promise<boolean> {
  const people = await Promise.all(chats.map(async (chat) => (await world.conversation(chat)).personId));
  return new Set(people).size === 1;
}

describe('two channels of one person', () => {
  it('are linked by a code given where they are known, once they agree; requests show in both', async () => {
    const first = await openRequest(known, 'a cooler near the school');
    const second = await openRequest(newcomer, 'a tanker for the mosque');
    await link(known, newcomer);
    expect(await isLinked(known, newcomer)).toBe(true);
    const told = await world.hears(known, /A chat on WhatsApp was linked/);
    expect(told).toMatch(/^A chat on WhatsApp was linked with this one on \d+ \w+ \d{4};[^]*type “unlink”\.$/);
    for (const chat of [known, newcomer]) {
      const list = await ask(chat, 'track a request', /You have 2 requests/);
      expect(list).toContain(first);
      expect(list).toContain(second);
      await ask(chat, 'Thanks, that is all', /At your service/);
    }
    const { personId } = await world.conversation(known);
    expect(await world.repositories.people.conversations(personId)).toHaveLength(2);
  });

  it('are linked by a code that is sent to the chat of a request and never shown where it is asked for', async () => {
    const reference = await openRequest(known, 'a cooler near the school');
    await ask(newcomer, 'link', howToLink);
    await ask(newcomer, 'Send me a code', /reference number/);
    await ask(newcomer, reference.toLowerCase().replace('-', ' '), /If we have a request with this number/);
    const warning = await world.hears(known, /It was asked for in a chat on WhatsApp/);
    expect(warning).toContain('If it was not you, never give it to anybody');
    expect((await world.said(newcomer)).join()).not.toContain(codeIn(warning));
    // Arabic digits, without the blank.
    const typed = codeIn(warning)
      .replace(' ', '')
      .replace(/\d/g, (digit) => String.fromCharCode(0x660 + Number(digit)));
    await ask(newcomer, typed, /Do you agree to link them/);
    await ask(newcomer, 'Yes, link them', /They are linked/);
    expect(await isLinked(known, newcomer)).toBe(true);
  });

  it('are not told apart by whether a reference exists', async () => {
    const reference = await openRequest(known, 'a cooler near the school');
    const answers: string[] = [];
    for (const [index, one] of [reference, 'W-0000018', 'nonsense'].entries()) {
      const chat = `web-chat:${index}`;
      await ask(chat, 'link', howToLink);
      await ask(chat, 'Send me a code', /reference number/);
      answers.push(await ask(chat, one, /If we have a request/));
    }
    expect(new Set(answers).size).toBe(1);
  });

  it('stay two when the person says no, and the code is good no more', async () => {
    const code = await getCode(known);
    await typeCode(newcomer, code, /Do you agree/);
    await ask(newcomer, 'No, do not link', /Nothing new was linked/);
    expect(await isLinked(known, newcomer)).toBe(false);
    await typeCode(newcomer, code, /has been used/);
  });

  it('may be five and no more, and one that has others does not join', async () => {
    const others = ['web-chat:1', 'web-chat:2', 'web-chat:3'];
    for (const [index, chat] of [newcomer, ...others].entries()) {
      // Three codes a day from one chat: the next come from another one of the person's.
      await link(index < 3 ? known : newcomer, chat);
      if (index === 1)
        await typeCode(newcomer, await getCode('web-chat:9'), /This chat is linked with another one of yours/);
    }
    expect(await isLinked(known, newcomer, ...others)).toBe(true);
    await ask(newcomer, 'link', howToLink);
    await ask(newcomer, 'Give me a code', /as many linked chats as can be/);
    await world.hears(known, /A chat on our website/);
  });
});

describe('a code', () => {
  it('is wrong, used, linked already, or typed where it was given, and each is told so', async () => {
    await typeCode(newcomer, '1234 5678', /That code is not right/);
    await backToMenu(newcomer);
    const code = await getCode(known);
    await typeCode(known, code, /That is a code from this chat/);
    await typeCode(newcomer, code, /Do you agree/);
    await ask(newcomer, 'Yes, link them', /They are linked/);
    await typeCode('web-chat:1', code, /has been used/);
    await typeCode(newcomer, await getCode(known), /linked already/);
  });

  it('is good for ten minutes, also when they pass while no worker runs', async () => {
    const code = await getCode(known);
    clock.advance(10 * minutes);
    await world.runtime.close();
    world = await startLinkWorld({ store: opened.store, sent: [], clock });
    await typeCode(newcomer, code, /That code is too old/);
    await typeCode(newcomer, await getCode(known), /Do you agree/);
    clock.advance(31 * minutes);
    await ask(newcomer, 'Yes, link them', /That code is too old/);
    expect(await isLinked(known, newcomer)).toBe(false);
  });

  it('is for whoever asked for it, when it was sent', async () => {
    const reference = await openRequest(known, 'a cooler near the school');
    await ask(newcomer, 'link', howToLink);
    await ask(newcomer, 'Send me a code', /reference number/);
    await ask(newcomer, reference, /If we have/);
    const code = codeIn(await world.hears(known, /Your link code/));
    await typeCode('web-chat:1', code, /That code is not right/);
    await ask(newcomer, code, /Do you agree/);
  });

  it('can be tried wrongly five times an hour, which no restart forgets', async () => {
    const code = await getCode(known);
    await typeCode(newcomer, '0000 0000', /not right/);
    for (let tries = 2; tries <= 5; tries += 1) await ask(newcomer, `0000 000${tries}`, /not right/);
    await world.runtime.close();
    world = await startLinkWorld({ store: opened.store, sent: [], clock });
    await typeCode(newcomer, code, /too many tries/);
    // Others may still try, and so may this one later.
    await typeCode('web-chat:1', '0000 0000', /not right/);
    clock.advance(61 * minutes);
    await typeCode(newcomer, await getCode(known), /Do you agree/);
  });

  it('is given three times a day; those that strangers ask for do not count', async () => {
    const reference = await openRequest(known, 'a cooler near the school');
    for (let stranger = 1; stranger <= 5; stranger += 1) {
      await ask(`web-chat:${stranger}`, 'link', howToLink);
      await ask(`web-chat:${stranger}`, 'Send me a code', /reference number/);
      await ask(`web-chat:${stranger}`, reference, /If we have/);
    }
    await world.idle(known);
    expect((await world.said(known)).filter((text) => text.includes('It was asked for'))).toHaveLength(3);
    for (let count = 1; count <= 3; count += 1) await getCode(known);
    await ask(known, 'link', howToLink);
    await ask(known, 'Give me a code', /three codes today/);
    clock.advance(24 * 60 * minutes + 1);
    await getCode(known);
  });

  it('stands in no record of questions, wherever it is typed', async () => {
    await ask(newcomer, 'question', /question/);
    await world.write(newcomer, 'I got 4821 9073, why is the sky blue', 'code-in-a-question');
    await world.write('web-chat:1', 'question', 'q');
    await world.write('web-chat:1', '٤٨٢١ ٩٠٧٣', 'code-as-a-question');
    const texts = async () =>
      (await world.repositories.learning.list('question', { limit: 20 })).map(({ body }) => body['text']);
    await expect.poll(texts, { timeout: 8_000 }).toEqual(['I got …, why is the sky blue']);
    await world.hears('web-chat:1', /./, 1);
    expect(await texts()).toHaveLength(1);
  });
});

describe('when somebody else answers the known chat', () => {
  it('warns the person all the same, and lets them unlink', async () => {
    const reference = await openRequest(known, 'a cooler near the school');
    await ask(known, 'officer', /officer/);
    await ask(newcomer, 'link', howToLink);
    await ask(newcomer, 'Send me a code', /reference number/);
    await ask(newcomer, reference, /If we have/);
    await ask(newcomer, codeIn(await world.hears(known, /It was asked for/)), /Do you agree/);
    await ask(newcomer, 'Yes, link them', /They are linked/);
    await world.hears(known, /A chat on WhatsApp was linked/);
    await ask(known, 'unlink', /Which chat shall we unlink/);
  });
});

describe('unlinking', () => {
  it('gives the chat a person of its own, its requests go with it, and both are told', async () => {
    const first = await openRequest(known, 'a cooler near the school');
    const second = await openRequest(newcomer, 'a tanker for the mosque');
    await link(known, newcomer);
    await ask(known, 'unlink', /Which chat shall we unlink/);
    await ask(known, 'WhatsApp', /We will unlink: WhatsApp/);
    await ask(known, 'Yes, unlink', /They are unlinked/);
    await world.hears(newcomer, /This chat is no longer linked with another one/);
    expect(await isLinked(known, newcomer)).toBe(false);
    for (const [chat, own, foreign] of [
      [known, first, second],
      [newcomer, second, first],
    ] as const) {
      const list = await ask(chat, 'track a request', /This is how your request stands/);
      expect(list).toContain(own);
      expect(list).not.toContain(foreign);
    }
    expect(await world.repositories.people.conversations((await world.conversation(known)).personId)).toHaveLength(1);
    // Linked and unlinked once more: the person's name is a new one each time.
    await backToMenu(known);
    await link(known, newcomer);
    expect(await isLinked(known, newcomer)).toBe(true);
  });

  it('of this chat among several tells the others', async () => {
    await link(known, newcomer);
    await link(known, 'web-chat:1');
    await ask(newcomer, 'unlink', /Which chat/);
    await ask(newcomer, 'This chat', /We will unlink: This chat/);
    await ask(newcomer, 'Yes, unlink', /They are unlinked/);
    await world.hears(known, /The chat on WhatsApp is no longer linked/);
    await world.hears('web-chat:1', /The chat on WhatsApp is no longer linked/);
    expect(await isLinked(known, 'web-chat:1')).toBe(true);
    expect(await isLinked(known, newcomer)).toBe(false);
    await world.idle(newcomer);
    expect((await world.said(newcomer)).filter((text) => text.includes('no longer linked'))).toEqual([]);
  });

  it('by an officer is one act however often it is asked for, and refused where nothing is linked', async () => {
    await link(known, newcomer);
    const act: OfficerAct = { type: 'officer-unlinked', officerId: toId('huda') };
    const unlink = (chat: string, requestId: string) => world.runtime.handoff.act(world.idOf(chat), act, requestId);
    expect(await unlink(newcomer, 'request-1')).toEqual({ is: 'accepted' });
    expect(await unlink(newcomer, 'request-1')).toEqual({ is: 'accepted' });
    expect(await unlink(newcomer, 'request-2')).toEqual({ is: 'refused', code: 'not-linked' });
    expect(await unlink(known, 'request-3')).toEqual({ is: 'refused', code: 'not-linked' });
    await world.hears(newcomer, /no longer linked with another one/);
    await world.hears(known, /The chat on WhatsApp is no longer linked/);
    expect(await isLinked(known, newcomer)).toBe(false);
  });

  it('and linking are written down with ids and nothing else', async () => {
    await link(known, newcomer);
    await world.hears(known, /A chat on WhatsApp was linked/);
    await ask(newcomer, 'unlink', /Which chat/);
    await ask(newcomer, 'Telegram', /We will unlink/);
    await ask(newcomer, 'Yes, unlink', /They are unlinked/);
    await world.hears(known, /no longer linked/);
    const at = expect.any(Number) as number;
    await expect
      .poll(() => world.repositories.audit.list({ limit: 10 }))
      .toEqual([
        { at, action: 'channel-unlinked', conversationId: world.idOf(known), subjectIds: [world.idOf(newcomer)] },
        { at, action: 'channel-linked', conversationId: world.idOf(newcomer), subjectIds: [world.idOf(known)] },
      ]);
  });
});

describe('erasing', () => {
  it('in one of two linked chats is told to be of both beforehand, and is of both and of no other', async () => {
    const reference = await openRequest(known, 'a cooler near the school');
    await link(known, newcomer);
    await ask('web-chat:1', 'suggestion', /hear your idea/);
    await ask(newcomer, 'delete my data', /linked with your chat on Telegram, which is erased with it/);
    await ask(newcomer, 'Delete everything', /Your chat on Telegram will be erased with it/);
    await ask(newcomer, 'Yes, delete everything', /now erasing everything/);
    for (const chat of [known, newcomer])
      await expect
        .poll(() => world.repositories.conversations.get(world.idOf(chat)), { timeout: 10_000 })
        .toMatchObject({ erased: true });
    expect(await world.repositories.cases.findByReference(reference)).toBeNull();
    expect(await world.said(known)).toEqual([]);
    expect((await world.conversation('web-chat:1')).address.chat).toBe('1');
    // Whoever writes anew is linked with nobody.
    await ask(known, 'link', howToLink);
    expect(await world.repositories.people.conversations((await world.conversation(known)).personId)).toHaveLength(1);
  });

  it('where the code came from, while the other thinks about it, links nothing and leaves the other', async () => {
    await typeCode(newcomer, await getCode(known), /Do you agree to link/);
    await ask(known, 'delete my data', /Your data is yours/);
    await ask(known, 'Delete everything', /Are you sure\? Nothing can/);
    await ask(known, 'Yes, delete everything', /now erasing everything/);
    await ask(newcomer, 'Yes, link them', /no longer there as it was/);
    await expect
      .poll(() => world.repositories.conversations.get(world.idOf(known)), { timeout: 10_000 })
      .toMatchObject({ erased: true });
    const { personId, linking } = await world.conversation(newcomer);
    expect(linking).toBeUndefined();
    expect(await world.repositories.people.conversations(personId)).toEqual([world.idOf(newcomer)]);
    await ask(newcomer, 'No, thanks', /Nothing new was linked/);
  });
});
