import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAssistant, type Assistant } from '../../src/content/assistant.ts';
import { toId } from '../../src/domain/ids.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Broadcast } from '../../src/ports/queue.ts';
import type { Repositories } from '../../src/ports/repositories.ts';
import { createInProcessBroadcast } from '../../src/queue/in-process/broadcast.ts';
import { createFaqWordsDesk } from '../../src/runtime/faq-words.ts';
import { openRepositories } from '../../src/store/repositories.ts';
import { openTemporaryStore, silentLog, testSecretKey } from '../support/world.ts';
import { pollUntil } from '../support/poll-until.ts';

const parking = {
  id: 'parking',
  topic: 'contact',
  question: { en: 'Where can I park?' },
  answer: { en: 'Behind the office.' },
  phrasings: { en: ['is there a parking lot', 'parking'] },
};

let opened: Awaited<ReturnType<typeof openTemporaryStore>>;
let folder: string;
let assistants: Assistant[] = [];
let repositories: Repositories;

beforeEach(async () => {
  opened = await openTemporaryStore();
  folder = await mkdtemp(join(tmpdir(), 'wasl-content-'));
  await cp('test/process/flows', join(folder, 'flows'), { recursive: true });
  repositories = await openRepositories({ store: opened.store, secretKey: testSecretKey });
});
afterEach(async () => {
  await Promise.all(assistants.map((assistant) => assistant.close()));
  assistants = [];
  await opened.store.close();
  await opened.remove();
  await rm(folder, { recursive: true, force: true });
});

/** A clock whose pauses end when a test says so. */
function createSteppedClock(): Clock & { step(): void } {
  let waiting: (() => void)[] = [];
  return {
    now: () => 1_760_000_000_000,
    after: (_ms, callback) => {
      waiting.push(callback);
      return () => (waiting = waiting.filter((other) => other !== callback));
    },
    step: () => waiting.splice(0).forEach((callback) => callback()),
  };
}

async function open(options: { broadcast?: Broadcast; clock?: Clock } = {}): Promise<Assistant> {
  const { broadcast = createInProcessBroadcast(), clock = createSteppedClock() } = options;
  const config = {
    ...{ flowsDir: join(folder, 'flows'), localesDir: 'locales' },
    ...{ dataDir: folder, defaultLanguage: 'en' },
  };
  const assistant = await openAssistant({ config, repositories, broadcast, clock, log: silentLog });
  assistants.push(assistant);
  return assistant;
}

const matched = (assistant: Assistant, text: string) => assistant.faq.explain(text).candidates[0]?.entryId;

async function changeFile(name: string, change: (text: string) => string): Promise<void> {
  const file = join(folder, 'flows/faq', name);
  await writeFile(file, change(await readFile(file, 'utf8')));
}

describe('two processes on one store', () => {
  const addParking = () => repositories.faq.saveEntry({ entry: parking, learned: {}, edited: true, version: 1 });

  it('agree at once on a changed FAQ when the news arrive', async () => {
    const broadcast = createInProcessBroadcast();
    const [here, there] = [await open({ broadcast }), await open({ broadcast })];
    expect(matched(there, 'is there a parking lot')).not.toBe('parking');
    await addParking();
    await here.contentChanged();
    expect(matched(here, 'is there a parking lot')).toBe('parking');
    expect(here.program().faq?.question('parking', 'en')).toBe('Where can I park?');
    await pollUntil('the other process knows', () => matched(there, 'is there a parking lot') === 'parking', 1_000);
    const known = () => there.program().faq?.question('parking', 'en') === 'Where can I park?';
    await pollUntil('and answers', known, 1_000);
  });

  it('agree at the next look when the news are lost', async () => {
    const clock = createSteppedClock();
    const [here, there] = [await open(), await open({ clock })];
    await addParking();
    await here.contentChanged();
    await here.saveOrganisation({ ...here.organisation(), closedDates: ['2030-01-01'] });
    expect(here.organisation().closedDates).toEqual(['2030-01-01']);
    expect(matched(there, 'is there a parking lot')).not.toBe('parking');
    clock.step();
    await pollUntil('the other process knows', () => matched(there, 'is there a parking lot') === 'parking', 1_000);
    await pollUntil('and the facts', () => there.organisation().closedDates[0] === '2030-01-01', 1_000);
  });

  describe('when one edits the lexicon', () => {
    const asked = 'جيبولي شربه';
    const answered = { band: 'answer', phrasing: 'توصيل ماء' };
    const edit = async (here: Assistant): Promise<void> => {
      const { contentChanged } = here;
      const desk = createFaqWordsDesk({ repositories, contentChanged, clock: createSteppedClock() });
      const { lexicon, version } = await desk.lexicon();
      await desk.saveLexicon(toId<'officer'>('huda'), version, {
        ...lexicon,
        words: { توصيل: ['جيبولي'], ماء: ['شربة'] },
      });
    };

    it('both read questions by it within two seconds', async () => {
      const broadcast = createInProcessBroadcast();
      const [here, there] = [await open({ broadcast }), await open({ broadcast })];
      await Promise.all([here.faq.settled(), there.faq.settled()]);
      expect(there.faq.match(asked)).not.toMatchObject(answered);
      await edit(here);
      expect(here.faq.match(asked)).toMatchObject(answered);
      await pollUntil('the other process knows', () => there.faq.match(asked).band === 'answer', 2_000);
      expect(there.faq.match(asked)).toMatchObject(answered);
      expect(there.faq.sources().lexicon).toEqual(here.faq.sources().lexicon);
      // Fitted with all the rest it says the same.
      await there.faq.settled();
      expect(there.faq.match(asked)).toMatchObject(answered);
    });

    it('the other reads by it at its next look when the news are lost', async () => {
      const clock = createSteppedClock();
      const [here, there] = [await open(), await open({ clock })];
      await edit(here);
      expect(there.faq.match(asked)).not.toMatchObject(answered);
      clock.step();
      await pollUntil('the other process knows', () => there.faq.match(asked).band === 'answer', 2_000);
      expect(there.faq.match(asked)).toMatchObject(answered);
    });
  });

  it('does not fit the matcher anew for an answer', async () => {
    const here = await open();
    await here.faq.settled();
    const [entry] = await repositories.faq.entries();
    if (entry === undefined) throw new Error('nothing was seeded');
    const answer = { en: 'Another answer.' };
    await repositories.faq.saveEntry({ ...entry, entry: { ...entry.entry, answer }, version: entry.version + 1 });
    const before = here.program();
    await here.contentChanged();
    expect(here.faq.state()).toBe('fitted');
    expect(here.program()).not.toBe(before);
  });
});

describe('an upgrade of the files', () => {
  const entries = async () => Object.fromEntries((await repositories.faq.entries()).map((one) => [one.entry.id, one]));

  async function startOnce(): Promise<Assistant> {
    const assistant = await open();
    await assistant.close();
    assistants = [];
    return assistant;
  }
  const rename = (to: string) =>
    changeFile('entries.json', (text) => text.replace(/"answer": \{[^}]*\}/, `"answer": { "en": "${to}" }`));

  it('updates an entry that nobody edited, and keeps what was learnt', async () => {
    await startOnce();
    const [seeded] = await repositories.faq.entries();
    if (seeded === undefined) throw new Error('nothing was seeded');
    await repositories.faq.saveEntry({ ...seeded, learned: { en: ['any water today'] }, version: 2 });
    await rename('News.');
    const after = await startOnce();
    expect(await entries()).toMatchObject({
      [seeded.entry.id]: { entry: { answer: { en: 'News.' } }, learned: { en: ['any water today'] }, version: 3 },
    });
    expect(after.faq.sources().entries[0]?.phrasings['en']).toContain('any water today');
    await startOnce();
    expect((await entries())[seeded.entry.id]?.version).toBe(3);
  });

  it('leaves what somebody edited or removed', async () => {
    await startOnce();
    const [seeded] = await repositories.faq.entries();
    if (seeded === undefined) throw new Error('nothing was seeded');
    const mine = { ...seeded.entry, answer: { en: 'Mine.' } };
    await repositories.faq.saveEntry({ ...seeded, entry: mine, edited: true, version: 2 });
    await rename('News.');
    const edited = await startOnce();
    expect(edited.faq.sources().entries).toMatchObject([{ answer: { en: 'Mine.' } }]);
    const stored = (await entries())[mine.id];
    if (stored === undefined) throw new Error('it is gone');
    await repositories.faq.saveEntry({ ...stored, removed: 'by-admin', version: stored.version + 1 });
    expect((await startOnce()).faq.sources().entries).toEqual([]);
  });

  it('removes an entry that left the files, and brings it back with them', async () => {
    await startOnce();
    const shipped = await readFile(join(folder, 'flows/faq/entries.json'), 'utf8');
    await changeFile('entries.json', () => '{ "spec": 1, "entries": [] }');
    expect((await startOnce()).faq.sources().entries).toEqual([]);
    await changeFile('entries.json', () => shipped);
    expect((await startOnce()).faq.sources().entries).toHaveLength(1);
  });

  it('renews the files’ none lines and keeps those of admins', async () => {
    await startOnce();
    const words = await repositories.faq.words();
    if (words === null) throw new Error('nothing was seeded');
    await repositories.faq.saveWords({ ...words, addedNone: ['gold price'], version: words.version + 1 });
    await changeFile('none.json', () => '{ "near": [], "far": ["weather today"] }');
    expect((await startOnce()).faq.sources().none).toEqual(['weather today', 'gold price']);
  });

  it('leaves an edited lexicon and lines that admins took out', async () => {
    await startOnce();
    const words = await repositories.faq.words();
    if (words === null) throw new Error('nothing was seeded');
    const lexicon = { words: { water: ['aqua'] }, greetings: [], politeness: [] };
    const edit = { lexicon, edited: true, lexiconVersion: 2, removedNone: ['rent'] } as const;
    await repositories.faq.saveWords({ ...words, ...edit, version: words.version + 1 });
    await changeFile('none.json', () => '{ "near": ["rent"], "far": ["weather today"] }');
    await changeFile('lexicon.json', () => '{ "words": {}, "greetings": ["hi"], "politeness": [] }');
    expect((await startOnce()).faq.sources()).toMatchObject({ none: ['weather today'], lexicon });
    expect(await repositories.faq.words()).toMatchObject({ lexiconVersion: 2 });
  });

  it('renews a lexicon that nobody edited, as another version', async () => {
    await startOnce();
    await changeFile('lexicon.json', () => '{ "words": {}, "greetings": ["hi"], "politeness": [] }');
    expect((await startOnce()).faq.sources().lexicon.greetings).toEqual(['hi']);
    expect(await repositories.faq.words()).toMatchObject({ lexiconVersion: 2 });
  });
});
