import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createLog } from '../src/create-log.ts';
import { StoreUnavailable } from '../src/domain/errors.ts';

function logged(error: unknown): Record<string, unknown> {
  let line = '';
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      line += chunk.toString();
      done();
    },
  });
  createLog('info', destination).warn({ error }, 'something failed');
  const { error: told } = JSON.parse(line) as { error: Record<string, unknown> };
  return told;
}

function caught(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

const said = 'أنا أم خالد 0501234567';

describe('the log', () => {
  it('tells our own errors in their words, with what caused them', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
      code: 'ECONNREFUSED',
      syscall: 'connect',
    });
    expect(logged(new StoreUnavailable('the store is away', cause))).toMatchObject({
      name: 'StoreUnavailable',
      code: 'store-unavailable',
      message: 'the store is away',
      cause: { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:1' },
    });
  });

  it.each([
    ['text that is no JSON', () => JSON.parse(said) as unknown],
    ['a property looked for in a text', () => 'name' in (said as unknown as object)],
    ['a schema', () => z.enum(['a']).parse(said)],
    [
      'a text of several lines',
      () => {
        throw new Error(`broken\n${said}`);
      },
    ],
    [
      'a cause',
      () => {
        throw new StoreUnavailable('away', new Error(said));
      },
    ],
    [
      'what is no error',
      () => {
        throw said as unknown as Error;
      },
    ],
  ])('never repeats what a person wrote: %s', (_, work) => {
    const told = logged(caught(work));
    expect(JSON.stringify(told)).not.toMatch(/خالد|0501234567/);
  });

  it('says where a mistake happened', () => {
    expect(logged(new TypeError('x'))['stack']).toContain('create-log.test.ts');
  });
});
