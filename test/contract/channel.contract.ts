import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MediaKind, OutboundContent } from '../../src/domain/message.ts';
import type { DeathAt } from '../support/crashing-store.ts';
import {
  openInstallation,
  type ChannelParts,
  type Installation,
  type ProcessParts,
  type Running,
} from '../support/installation.ts';
import { pollUntil } from '../support/poll-until.ts';
import { echoAndChoices, tank, tankLabels, visitLabels } from '../support/echo-program.ts';
import { samples } from '../support/media-samples.ts';
import { settled } from '../support/world.ts';

/** What arrived at a person's phone or page. */
export type Seen =
  | { readonly is: 'text'; readonly text: string; readonly choices: readonly string[] }
  | { readonly is: 'file'; readonly kind: MediaKind; readonly bytes: Buffer; readonly caption?: string }
  | { readonly is: 'place'; readonly latitude: number; readonly longitude: number; readonly name?: string }
  | { readonly is: 'card'; readonly name: string; readonly phone: string };

export interface SentFile {
  readonly kind: MediaKind;
  readonly bytes: Buffer;
  readonly fileName: string;
  readonly mimeType: string;
}

/** Somebody on the channel's platform. What they do resolves when the platform has it, whether or not a process of ours lives. */
export interface Person {
  /** As the adapter names their chat. */
  readonly chat: string;
  writes(text: string): Promise<void>;
  /** Taps what stands under the newest message with choices. */
  taps(label: string): Promise<void>;
  sendsFile(file: SentFile): Promise<void>;
  sendsPlace(place: { readonly latitude: number; readonly longitude: number }): Promise<void>;
  sendsCard(card: { readonly name: string; readonly phone: string }): Promise<void>;
  /** What arrived, oldest first. */
  seen(): Promise<readonly Seen[]>;
}

/** One try of ours to send to a person, as the platform saw it; times are milliseconds since the epoch. */
export interface Attempt {
  readonly at: number;
  readonly taken: boolean;
}

/** What a channel may be unable to do. */
export type Ability =
  | `receive ${MediaKind}`
  | 'receive cards'
  | 'receive anything'
  | `send ${'photo' | 'document' | 'voice'}`
  | 'tap'
  | 'throttle'
  | 'refuse'
  | 'lose answers'
  | 'lose people';

/** A platform with its people, which outlives the processes of ours; and the ways it fails. */
export interface ChannelBench {
  readonly channel: string;
  /** What it runs on cannot be had here; whoever looked for it has said so. */
  readonly missing?: boolean;
  /** What it cannot do, and why; each is printed and its facts are left out. */
  readonly cannot: Readonly<Partial<Record<Ability, string>>>;
  /** People who write at once. */
  readonly crowd: number;
  /** The longest text that one message of a person may hold. */
  readonly longestText: number;
  open(): Promise<void>;
  close(): Promise<void>;
  /** The channel of a process that starts, as `main.ts` makes it. */
  connect(parts: ProcessParts): ChannelParts;
  /** Resolves once the platform reaches a process that has started. */
  joined(process: Running): Promise<void>;
  person(number: number): Person;
  attempts(person: Person): readonly Attempt[];
  /** Gives everything once more that people sent, as a platform does that doubts whether it was heard. */
  givesAllAgain(): Promise<void>;
  /** Refuses the next send and asks for a pause; returns it in milliseconds. */
  throttles(): number;
  /** Refuses the next two sends, for no reason that lies in them. */
  refuses(): void;
  /** Takes the next send, and its answer does not come for longer than a delivery waits. */
  losesAnswer(): void;
  /** The person blocks us or is no longer there. */
  leaves(person: Person): void;
}

const disguised = [
  ['a page', '<!doctype html><script>alert(1)</script>'],
  ['a picture that runs', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
  ['a program', 'MZ\u0090\0'],
  ['a script', '#!/bin/sh\nrm -rf /'],
] as const;
const photoText = 'تفضلوا الصورة';
/** A delivery waits ten seconds for an answer, two more for a channel that should have given up, and pauses one. */
const lostAnswerMs = 30_000;
/** What the pause before a retry may be off. */
const clockSlackMs = 50;

/** What every channel does, end to end: its real client library over real sockets, the real runtime and store in between. */
export function channelContract(bench: ChannelBench): void {
  const { channel, cannot } = bench;
  let installation: Installation;
  let people = 0;
  const somebody = () => bench.person((people += 1));

  for (const [ability, reason] of Object.entries(cannot))
    console.log(`skipped: ${channel}, what needs "${ability}", because ${reason}`);
  const unless = (...abilities: Ability[]) => it.skipIf(abilities.some((ability) => cannot[ability] !== undefined));

  const idOf = ({ chat }: Person) =>
    installation.current().repositories.ids.conversation({ channel, account: 'main', chat });

  async function start(death?: DeathAt): Promise<Running> {
    const process = await installation.start(death);
    await bench.joined(process);
    return process;
  }

  async function sees(person: Person, count: number, limitMs = 15_000): Promise<readonly Seen[]> {
    await pollUntil(`${count} messages arrived`, async () => (await person.seen()).length >= count, limitMs);
    return person.seen();
  }

  async function settle(...some: readonly Person[]): Promise<void> {
    await settled(installation.current().repositories, some.map(idOf), 30_000);
  }

  /** A person whom an officer has taken on. */
  async function claimed(): Promise<Person> {
    const person = somebody();
    for (const [index, text] of ['hello', 'human'].entries()) {
      await person.writes(text);
      await sees(person, index + 1);
    }
    await settle(person);
    await installation.claim(idOf(person));
    return person;
  }

  /** What a person sees of what an officer sends. */
  async function shown(person: Person, content: OutboundContent): Promise<readonly Seen[]> {
    const before = (await person.seen()).length;
    await installation.reply(idOf(person), content);
    await settle(person);
    await sees(person, before + 1);
    return (await person.seen()).slice(before);
  }

  /** What the transcript holds of what a person sends next. */
  async function kept(person: Person, sends: () => Promise<void>) {
    const before = (await installation.transcript(idOf(person))).length;
    await sends();
    const added = async () => (await installation.transcript(idOf(person))).slice(before)[0];
    await pollUntil('it is in the transcript', async () => (await added()) !== undefined, 15_000);
    const line = await added();
    if (!line) throw new Error('unreachable: it was there');
    return line;
  }

  const replies = async (person: Person) => (await person.seen()).map(plainText);

  describe.skipIf(bench.missing === true)(`the channel ${channel}`, () => {
    beforeAll(async () => {
      await bench.open();
      installation = await openInstallation({ channel: (parts) => bench.connect(parts), program: echoAndChoices() });
      await start();
    }, 120_000);
    afterAll(async () => {
      await installation.close();
      await bench.close();
    });

    it('carries texts both ways', async () => {
      const person = somebody();
      await person.writes('السلام عليكم 👋🏽');
      await sees(person, 1);
      await person.writes('<b>أريد</b> *ماء* & _بئرًا_ 👨‍👩‍👧');
      await sees(person, 2);
      expect(await replies(person)).toEqual(['ready', 'heard <b>أريد</b> *ماء* & _بئرًا_ 👨‍👩‍👧']);
    });

    it('keeps the longest text a person can write whole', async () => {
      const person = await claimed();
      const text = 'نص طويل '.repeat(bench.longestText / 8 + 1).slice(0, bench.longestText - 1) + 'ه';
      const line = await kept(person, () => person.writes(text));
      expect(line.content).toEqual({ type: 'text', text });
    });

    it('splits a long text into messages that each fit, and cuts no link, number or word with its marks', async () => {
      const person = await claimed();
      const { text, wholes } = longText();
      expect(text.length).toBeGreaterThan(2 * 4_096);
      const parts = (await shown(person, { type: 'text', text })).map(rawText);
      const { textLength } = installation.current().adapter.capabilities;
      expect(parts.length).toBeGreaterThanOrEqual(3);
      expect(Math.max(...parts.map((part) => part.length))).toBeLessThanOrEqual(textLength);
      expect(parts.map((part) => /^\p{M}/u.test(part))).toEqual(parts.map(() => false));
      const squeezed = (value: string) => value.replace(/[\s\u2066-\u2069]/gu, '');
      expect(squeezed(parts.join(''))).toBe(squeezed(text));
      const plain = parts.map((part) => part.replace(/[\u2066-\u2069]/g, ''));
      for (const whole of wholes) expect(plain.filter((part) => part.includes(whole)).length, whole).toBeGreaterThan(0);
    });

    it('sets phone numbers and references apart in Arabic text', async () => {
      const person = await claimed();
      const [seen] = await shown(person, { type: 'text', text: 'اتصلوا على 050 123 4567 أو +966 14 000 0000 للطلب' });
      expect(seen && rawText(seen)).toBe('اتصلوا على \u2066050 123 4567\u2069 أو \u2066+966 14 000 0000\u2069 للطلب');
      const other = somebody();
      for (const text of ['hello', 'W-1234567']) await other.writes(text);
      const echoed = (await sees(other, 2)).at(-1);
      expect(echoed && rawText(echoed)).toMatch(/heard [\u2066-\u2068]W-1234567\u2069/);
    });

    describe('choices', () => {
      async function asked(word: string): Promise<{ person: Person; question: Seen }> {
        const person = somebody();
        await person.writes(word);
        const [question] = await sees(person, 1);
        if (!question) throw new Error('unreachable: one was seen');
        return { person, question };
      }

      it.each([
        ['few', 'menu', tankLabels],
        ['more than lists hold', 'branches', visitLabels],
      ] as const)('are shown as what the channel has: %s', async (_many, word, labels) => {
        const { question } = await asked(word);
        const { buttons, lists } = installation.current().adapter.capabilities;
        const isCarried = [buttons, lists].some((limit) => limit !== null && labels.length <= limit.max);
        const lines = rawText(question).split('\n');
        if (isCarried) expect(question).toMatchObject({ choices: labels });
        else expect(lines.slice(-labels.length)).toEqual(labels.map((label, index) => `${index + 1}. ${label}`));
      });

      unless('tap')('are answered by a tap', async () => {
        const { person } = await asked('menu');
        await person.taps(tank);
        expect((await sees(person, 2)).map(plainText)[1]).toBe(`You chose ${tank}.`);
      });

      it.each([
        ['their number', '2'],
        ['their number in Arabic-Indic digits', '٢'],
        ['their label', tank],
        ['an ordinal', 'الثاني'],
      ])('are answered by %s', async (_how, answer) => {
        const { person } = await asked('menu');
        await person.writes(answer);
        expect((await sees(person, 2)).map(plainText)[1]).toBe(`You chose ${tank}.`);
      });

      it('are answered by a number past what buttons hold', async () => {
        const { person } = await asked('branches');
        await person.writes('١١');
        expect((await sees(person, 2)).map(plainText)[1]).toBe(`You chose ${visitLabels[10]}.`);
      });
    });

    describe('files', () => {
      for (const [kind, file] of Object.entries(samples) as [MediaKind, SentFile][]) {
        unless(`receive ${kind}`)(`that people send are kept for officers, byte for byte: ${kind}`, async () => {
          const person = await claimed();
          const { id } = await kept(person, () => person.sendsFile(file));
          const line = async () => (await installation.transcript(idOf(person))).find((one) => one.id === id);
          await pollUntil('it is stored', async () => (await line())?.attachment?.state.is === 'stored', 20_000);
          const stored = await line();
          if (!stored) throw new Error('unreachable: it was stored');
          expect(stored.attachment).toMatchObject({ kind, sizeBytes: file.bytes.length });
          const answer = await installation.readFile(idOf(person), stored);
          expect(answer.status).toBe(200);
          const [mimeType] = file.mimeType.split(';');
          expect([...answer.headers]).toEqual(
            expect.arrayContaining([
              ['content-type', mimeType],
              ['content-disposition', 'attachment'],
              ['content-security-policy', "default-src 'none'; sandbox"],
              ['x-content-type-options', 'nosniff'],
            ]),
          );
          expect((await fetch(answer.url)).status).toBe(401);
          expect(Buffer.from(await answer.arrayBuffer()).equals(file.bytes)).toBe(true);
        });
      }

      unless('receive anything')('that are not what they are called are kept for nobody', async () => {
        const person = await claimed();
        for (const [what, head] of disguised) {
          const bytes = Buffer.from(head.padEnd(6_000, ' '));
          const { id } = await kept(person, () => person.sendsFile({ ...samples.photo, bytes }));
          const line = async () => (await installation.transcript(idOf(person))).find((one) => one.id === id);
          const state = { is: 'refused', reason: 'unknown-type' };
          await expect
            .poll(async () => (await line())?.attachment?.state, { timeout: 10_000, message: what })
            .toEqual(state);
          const refused = await line();
          expect(refused && (await installation.readFile(idOf(person), refused)).status).toBe(404);
        }
      });

      for (const kind of ['photo', 'document', 'voice'] as const) {
        unless(`send ${kind}`)(`that officers send arrive, byte for byte: ${kind}`, async () => {
          const person = await claimed();
          const { bytes, fileName } = samples[kind];
          const blobId = await installation.keepFile(idOf(person), bytes);
          const parts = await shown(person, { type: 'media', kind, blobId, fileName, caption: photoText });
          const [first] = parts;
          if (first?.is !== 'file') throw new Error(`expected a file, not ${JSON.stringify(first)}`);
          expect([first.kind, first.bytes.equals(bytes)]).toEqual([kind, true]);
          expect(parts.map((part) => (part.is === 'file' ? (part.caption ?? '') : rawText(part))).join('')).toBe(
            photoText,
          );
        });
      }
    });

    it('carries places both ways', async () => {
      const person = await claimed();
      const line = await kept(person, () => person.sendsPlace({ latitude: 24.4672, longitude: 39.6112 }));
      expect(line.content).toMatchObject({ type: 'location', latitude: 24.4672, longitude: 39.6112 });
      const place = { latitude: 24.47, longitude: 39.61, name: 'الفرع الرئيس' };
      expect(await shown(person, { type: 'location', ...place })).toEqual([{ is: 'place', ...place }]);
    });

    unless('receive cards')('takes contacts', async () => {
      const person = await claimed();
      const line = await kept(person, () => person.sendsCard({ name: 'أم خالد', phone: '+966500000009' }));
      expect(line.content).toEqual({ type: 'contact', name: 'أم خالد', phone: '+966500000009' });
    });

    it('sends contacts', async () => {
      const card = { name: 'خدمة المستفيدين', phone: '+966140000000' };
      expect(await shown(await claimed(), { type: 'contact', ...card })).toEqual([{ is: 'card', ...card }]);
    });

    it('answers once what is given again', async () => {
      const person = somebody();
      for (const [index, text] of ['hello', 'once', 'twice'].entries()) {
        await person.writes(text);
        await sees(person, index + 1);
      }
      await bench.givesAllAgain();
      await person.writes('after');
      await sees(person, 4);
      await settle(person);
      expect(await replies(person)).toEqual(['ready', 'heard once', 'heard twice', 'heard after']);
    });

    describe('when the platform', () => {
      /** Three replies, written as fast as one can. */
      async function burst(person: Person): Promise<void> {
        await person.writes('hello');
        await sees(person, 1);
        await settle(person);
      }
      const expected = ['ready', 'heard 1', 'heard 2', 'heard 3'];
      const threeMore = async (person: Person) => {
        for (const text of ['1', '2', '3']) await person.writes(text);
      };

      unless('throttle')('asks for a pause, it gets one, and the order stays', async () => {
        const person = somebody();
        await burst(person);
        const before = bench.attempts(person).length;
        const pauseMs = bench.throttles();
        await threeMore(person);
        await sees(person, 4);
        await settle(person);
        expect(await replies(person)).toEqual(expected);
        const [refused, next, ...rest] = bench.attempts(person).slice(before);
        expect([refused?.taken, next?.taken, rest.every(({ taken }) => taken)]).toEqual([false, true, true]);
        expect((next?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThanOrEqual(pauseMs - clockSlackMs);
      });

      unless('refuse')('refuses and then accepts, the order stays and nothing is sent twice', async () => {
        const person = somebody();
        await burst(person);
        const before = bench.attempts(person).length;
        bench.refuses();
        await threeMore(person);
        await sees(person, 4, 30_000);
        await settle(person);
        expect(await replies(person)).toEqual(expected);
        expect(
          bench
            .attempts(person)
            .slice(before)
            .map(({ taken }) => taken),
        ).toEqual([false, false, true, true, true]);
      });

      unless('lose answers')('never answers, that message is sent once more at most and the lane goes on', async () => {
        const person = somebody();
        await burst(person);
        const before = bench.attempts(person).length;
        bench.losesAnswer();
        await threeMore(person);
        await pollUntil('all arrived', async () => (await replies(person)).at(-1) === 'heard 3', lostAnswerMs);
        await settle(person);
        const seen = await replies(person);
        expect(seen.filter((text, index) => text !== seen[index - 1])).toEqual(expected);
        expect(seen.length).toBeLessThanOrEqual(expected.length + 1);
        expect(bench.attempts(person).slice(before).length).toBeLessThanOrEqual(4);
        expect(await statusesOf(person)).toEqual(['sent', 'sent', 'sent', 'sent']);
      });

      unless('lose people')(
        'no longer has the person, that message is failed for good and the lane goes on',
        async () => {
          const person = somebody();
          await burst(person);
          const before = bench.attempts(person).length;
          bench.leaves(person);
          await threeMore(person);
          await pollUntil('all were tried', () => bench.attempts(person).length >= before + 3, 15_000);
          await settle(person);
          expect(await statusesOf(person)).toEqual(['sent', ...Array<string>(3).fill('failed: person-gone')]);
          // Nobody else waits for it.
          const other = somebody();
          await other.writes('hello');
          await sees(other, 1);
        },
      );
    });

    describe('when the process', () => {
      const expected = ['ready', 'heard 1', 'heard 2', 'heard 3'];

      async function finishes(person: Person, mostRepeats: number): Promise<void> {
        await pollUntil('all arrived', async () => (await replies(person)).at(-1) === 'heard 3', 40_000);
        await settle(person);
        const seen = await replies(person);
        expect(seen.filter((text, index) => text !== seen[index - 1])).toEqual(expected);
        expect(seen.length - expected.length).toBeLessThanOrEqual(mostRepeats);
        const lines = await installation.transcript(idOf(person));
        const of = (direction: string) =>
          lines
            .filter((line) => line.direction === direction)
            .map(({ content }) => plain('text' in content ? content.text : ''));
        expect([of('in'), of('out')]).toEqual([['hello', '1', '2', '3'], expected]);
        expect(await statusesOf(person)).toEqual(expected.map(() => 'sent'));
      }

      it.each<[string, DeathAt, number]>([
        ['once a message is stored, before the platform is told', { when: 'after', write: 'insert events' }, 0],
        ['once a reply is decided', { when: 'after', write: 'replace conversations' }, 0],
        ['once a reply is claimed, before it is sent', { when: 'after', write: 'replace events' }, 0],
        ['once a reply is sent, before that is kept', { when: 'before', write: 'replace messages' }, 1],
      ])('is killed %s, nothing is lost, doubled or out of order', async (_when, death, mostRepeats) => {
        const person = somebody();
        await person.writes('hello');
        await sees(person, 1);
        await settle(person);
        await installation.current().stop();
        const doomed = await start(death);
        for (const text of ['1', '2', '3']) await person.writes(text);
        await doomed.died;
        await doomed.kill();
        await start();
        await finishes(person, mostRepeats);
      });

      it('is stopped while replies wait, the next one sends them', async () => {
        const person = somebody();
        await person.writes('hello');
        await sees(person, 1);
        for (const text of ['1', '2', '3']) await person.writes(text);
        await installation.current().stop();
        await start();
        await finishes(person, 0);
      });
    });

    it(`answers three messages each of ${bench.crowd} people who write at once, in order`, async () => {
      const crowd = Array.from({ length: bench.crowd }, somebody);
      const texts = ['message 0', 'message 1', 'message 2'];
      const startedAt = Date.now();
      for (const text of texts) await Promise.all(crowd.map((person) => person.writes(text)));
      for (const person of crowd) await sees(person, 3, 60_000);
      await settle(...crowd);
      console.log(
        `${channel}: ${3 * bench.crowd} messages of ${bench.crowd} people answered in ${Date.now() - startedAt} ms`,
      );
      const answers = await Promise.all(crowd.map(replies));
      expect(answers).toEqual(crowd.map(() => ['ready', 'heard message 1', 'heard message 2']));
    });
  });

  async function statusesOf(person: Person): Promise<string[]> {
    const lines = await installation.transcript(idOf(person));
    const reached = new Set(['sent', 'delivered', 'read']);
    return lines.flatMap((line) => {
      if (!('status' in line)) return [];
      const { status, failure } = line;
      return [reached.has(status) ? 'sent' : failure === undefined ? status : `${status}: ${failure}`];
    });
  }
}

function rawText(seen: Seen): string {
  if (seen.is !== 'text') throw new Error(`expected a text, not ${seen.is}`);
  return seen.text;
}

/** Without the marks that keep numbers and names apart from the text around them. */
function plain(text: string): string {
  return text.replace(/[\u2066-\u2069]/g, '');
}

function plainText(seen: Seen): string {
  return plain(rawText(seen));
}

/** Links, numbers and vowelled words at every few dozen letters, so that some stand wherever a cut may fall. */
function longText(): { text: string; wholes: string[] } {
  const wholes: string[] = [];
  const lines = Array.from({ length: 130 }, (_, index) => {
    const link = `https://wasl.example.org/ar/permits/${index}?from=assistant&step=${index * 7}`;
    const phone = `050 ${String(100 + index)} ${String(4_000 + index)}`;
    const word = 'ٱلْمُسْتَفِيدِينَ';
    wholes.push(link, phone);
    return `${word} ${link} ${phone}`;
  });
  return { text: lines.join(' '), wholes };
}
