import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readContent } from '../../src/content/read-content.ts';
import { readConversationTests } from '../../src/content/read-conversation-tests.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasl-content-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('readContent', () => {
  const read = () => readContent({ flowsDir: folder, localesDir: 'locales' });
  beforeEach(() => cp('flows', folder, { recursive: true }));

  it('reads the project’s own content', async () => {
    const content = await read();
    expect(content.flows.map(({ id }) => id)).toContain('welcome');
    expect(content.faq.entries.length).toBeGreaterThan(40);
    expect(content.faq.none).toEqual(expect.arrayContaining(['ابي سلة غذائية', 'صباح الخير']));
    expect(Object.keys(content.locales)).toEqual(['ar', 'en']);
  });

  it('names every broken flow with its file at once', async () => {
    await writeFile(join(folder, 'one.json'), '{ "spec": 1, "id": "one" }');
    await writeFile(join(folder, 'two.json'), '[]');
    const error = await read().catch((caught: unknown) => caught);
    expect(String(error)).toContain(join(folder, 'one.json'));
    expect(String(error)).toContain(join(folder, 'two.json'));
  });

  it('refuses a flow in a file of another name, which would be edited in vain', async () => {
    await cp(join(folder, 'thanks.json'), join(folder, 'copy.json'));
    await expect(read()).rejects.toThrow('flow "thanks" belongs in thanks.json');
  });

  it('says which folder is not there', async () => {
    await expect(readContent({ flowsDir: join(folder, 'none'), localesDir: 'locales' })).rejects.toThrow(
      `${join(folder, 'none')}: expected a folder that can be read`,
    );
  });

  it('refuses what is no JSON with the name of the file', async () => {
    await writeFile(join(folder, 'intents.json'), '{');
    await expect(read()).rejects.toThrow(`${join(folder, 'intents.json')}: expected JSON`);
  });
});

describe('readConversationTests', () => {
  it('reads one test or a list of them', async () => {
    const test = { title: 'a', language: 'ar', turns: [{ say: 'a' }] };
    await writeFile(join(folder, 'a.ar.json'), JSON.stringify(test));
    await writeFile(join(folder, 'b.ar.json'), JSON.stringify([test, test]));
    const files = await readConversationTests(folder);
    expect(files.map(({ name, tests }) => [name, tests.length])).toEqual([
      ['a.ar.json', 1],
      ['b.ar.json', 2],
    ]);
  });

  it('names the file and the field of a broken one', async () => {
    await writeFile(join(folder, 'a.ar.json'), JSON.stringify({ title: 'a', language: 'ar', turns: [{ sya: 'a' }] }));
    await expect(readConversationTests(folder)).rejects.toThrow(/a\.ar\.json: [^]*sya/);
  });
});
