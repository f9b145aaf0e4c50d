import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts';

/**
 * A process of its own, for tests that kill it: opens the store in the folder of its first argument, prints "opened", and then, when
 * the second is "write", writes from many sides at once and prints each id once it is acknowledged. Prints "refused <code>" and
 * ends when the store cannot be opened.
 */
const [folder = '', mode = 'hold', prefix = ''] = process.argv.slice(2);
try {
  const collections = [
    { name: 'notes', indexes: { by: { fields: ['by', 'n'] }, words: { fields: ['words'], multi: true } } },
  ];
  const store = await openSqliteStore({ file: `${folder}/wasl.sqlite`, blobsDir: `${folder}/blobs`, collections });
  process.stdout.write('opened\n');
  const notes = store.collection('notes');
  const lanes = mode === 'write' ? 8 : 0;
  for (let lane = 0; lane < lanes; lane++) {
    void (async () => {
      for (let n = 0; ; n++) {
        const id = `${prefix}-${lane}-${n}`;
        const document = { id, version: 1, by: `${prefix}-${lane}`, n, words: [id, 'every'], body: 'x'.repeat(1_000) };
        if (n % 3 === 0) await store.batch([{ type: 'insert', collection: 'notes', document }]);
        else await notes.insert(document);
        await notes.replace({ ...document, version: 2, words: [id] }, 1);
        process.stdout.write(`${id}\n`);
      }
    })();
  }
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  process.stdout.write(`refused ${code} ${error instanceof Error ? error.message : ''}\n`);
}
