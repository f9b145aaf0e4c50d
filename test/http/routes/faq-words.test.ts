import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFaqApp, type FaqApp } from '../../support/faq-app.ts';

let app: FaqApp;

beforeEach(async () => {
  app = await openFaqApp();
});
afterEach(() => app.close());

const empty = { words: {}, greetings: [], politeness: [] };

async function understood(text: string): Promise<unknown> {
  return (await app.ask('POST', 'explain', { text })).body;
}

async function noneLines(): Promise<{ id: string; text: string; origin: string }[]> {
  return ((await app.ask('GET', 'none')).body as { lines: { id: string; text: string; origin: string }[] }).lines;
}

async function idOf(text: string): Promise<string> {
  const line = (await noneLines()).find((one) => one.text === text);
  if (line === undefined) throw new Error(`no line "${text}"`);
  return line.id;
}

describe('the lexicon', () => {
  it('is for officers only', async () => {
    expect(await app.askAsStranger('GET', 'lexicon')).toBe(401);
    expect(await app.askAsStranger('GET', 'none')).toBe(401);
  });

  it('is read with its version and changed, live at once and audited', async () => {
    expect(await app.ask('GET', 'lexicon')).toEqual({
      status: 200,
      body: { lexicon: empty, version: 1, isEdited: false },
    });
    await app.assistant.faq.settled();
    expect(await understood('جيبولي شربه')).not.toMatchObject({ band: 'answer' });
    const words = { توصيل: ['جيبولي'], ماء: ['شربة'] };
    expect(await app.ask('PUT', 'lexicon', { ...empty, words, version: 1 })).toEqual({
      status: 200,
      body: { lexicon: { ...empty, words }, version: 2, isEdited: true },
    });
    // No fit can have ended yet: the builder's thread has not had a turn.
    expect(app.assistant.faq.state()).toBe('fitting');
    expect(await understood('جيبولي شربه')).toMatchObject({ band: 'answer', phrasing: 'توصيل ماء' });
    expect(await app.audited()).toEqual(['huda faq-lexicon-updated']);
    await app.assistant.faq.settled();
    expect(await understood('جيبولي شربه')).toMatchObject({ entryId: 'water', phrasing: 'توصيل ماء' });
  });

  it('is refused over somebody else’s change, and not over a changed line of none', async () => {
    expect((await app.ask('PUT', 'lexicon', { ...empty, greetings: ['هلا'], version: 1 })).status).toBe(200);
    expect(await app.ask('PUT', 'lexicon', { ...empty, version: 1 })).toMatchObject({
      ...{ status: 409, body: { code: 'version-conflict' } },
    });
    expect((await app.ask('POST', 'none', { texts: ['gold price'] })).status).toBe(201);
    expect((await app.ask('PUT', 'lexicon', { ...empty, version: 2 })).status).toBe(200);
  });

  it.each([
    ['a word of two', { words: { ماء: ['موية حلوة'] } }, 'موية حلوة'],
    ['a word under two headings', { words: { ماء: ['وايت'], صهريج: ['وايت'] } }, 'two headings'],
    ['a heading of no word', { words: { '؟': ['موية'] } }, 'one word'],
    ['a greeting that says nothing', { greetings: ['...'] }, 'one to eight words'],
    ['too long a courtesy', { politeness: ['a b c d e f g h i'] }, 'one to eight words'],
    ['a field nobody knows', { extra: [] }, 'extra'],
    ['a word too long', { words: { ماء: ['م'.repeat(41)] } }, '40'],
    ['too many courtesies', { politeness: Array.from({ length: 1001 }, (_, place) => `word ${place}`) }, '1000'],
  ])('is refused with %s', async (_what, change, told) => {
    const refused = await app.ask('PUT', 'lexicon', { ...empty, ...change, version: 1 });
    expect(refused).toMatchObject({ status: 400, body: { code: 'payload-invalid' } });
    expect((refused.body as { message: string }).message).toContain(told);
  });
});

describe('the lines that no entry answers', () => {
  it('are listed with where they come from', async () => {
    await app.ask('POST', 'none', { texts: ['gold price'] });
    expect((await noneLines()).map(({ text, origin }) => [text, origin])).toEqual([
      ['gold price', 'admin'],
      ['rent', 'files'],
      ['salary', 'files'],
      ['school', 'files'],
    ]);
  });

  it('are added once each, in whatever spelling, and refused at once', async () => {
    await app.assistant.faq.settled();
    expect(await understood('do you bring water salt')).toMatchObject({ entryId: 'water', band: 'answer' });
    const added = await app.ask('POST', 'none', {
      texts: ['do you bring water salt', 'Do you bring water SALT?', 'Rent'],
    });
    expect(added).toMatchObject({
      status: 201,
      body: { lines: [{ text: 'do you bring water salt', origin: 'admin' }] },
    });
    expect(app.assistant.faq.state()).toBe('fitting');
    expect(await understood('do you bring water salt')).not.toMatchObject({ band: 'answer' });
    expect((await app.ask('POST', 'none', { texts: ['؟!'] })).status).toBe(400);
    expect(await app.audited()).toEqual([`huda faq-none-added ${await idOf('do you bring water salt')}`]);
  });

  it('are removed for ever, those of the files too, and come back when they are added', async () => {
    await app.ask('POST', 'none', { texts: ['gold price'] });
    const [ofFiles, ofAdmins] = [await idOf('rent'), await idOf('gold price')];
    expect((await app.ask('DELETE', `none/${ofFiles}`)).status).toBe(204);
    expect((await app.ask('DELETE', `none/${ofAdmins}`)).status).toBe(204);
    expect((await app.ask('DELETE', `none/${ofFiles}`)).status).toBe(404);
    expect((await noneLines()).map(({ text }) => text)).toEqual(['salary', 'school']);
    expect(app.assistant.faq.sources().none).toEqual(['salary', 'school']);
    expect((await app.audited()).slice(0, 2)).toEqual([
      `huda faq-none-removed ${ofAdmins}`,
      `huda faq-none-removed ${ofFiles}`,
    ]);
    await app.ask('POST', 'none', { texts: ['rent'] });
    expect((await noneLines()).map(({ text, origin }) => [text, origin])).toContainEqual(['rent', 'files']);
  });
});
