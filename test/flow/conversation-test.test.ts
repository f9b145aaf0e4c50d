import { describe, expect, it } from 'vitest';
import { conversationTestSchema, runConversationTest } from '../../src/flow/conversation-test.ts';
import { toProgram } from './support/program.ts';

const program = toProgram([]);

function failuresOf(...turns: object[]): readonly string[] {
  return runConversationTest(program, conversationTestSchema.parse({ title: 't', language: 'en', turns })).failures;
}

describe('a conversation test', () => {
  it('passes when all is as expected', () => {
    expect(
      failuresOf(
        { say: 'hello', expect: [{ pattern: '^Welcome', choices: ['First', 'Second'] }], ended: false },
        { tap: 'First', expect: [], ended: true },
      ),
    ).toEqual([]);
  });

  it.each<[string, object[], readonly string[]]>([
    [
      'another text',
      [{ say: 'hello', expect: ['Hi'] }],
      [
        'turn 1 (say "hello"): message 1: expected "Hi", got {"text":"Welcome. How can I help?","choices":["First","Second"]}',
      ],
    ],
    [
      'a message too few',
      [{ say: 'hello', expect: [{ contains: 'Welcome' }, 'And?'] }],
      ['turn 1 (say "hello"): message 2 was not sent; expected "And?"'],
    ],
    [
      'a message too many',
      [{ say: 'hello', expect: [] }],
      [
        'turn 1 (say "hello"): message 1 was not expected: {"text":"Welcome. How can I help?","choices":["First","Second"]}',
      ],
    ],
    [
      'other choices',
      [{ say: 'hello', expect: [{ choices: ['First'] }] }],
      [
        'turn 1 (say "hello"): message 1: expected {"choices":["First"]}, got {"text":"Welcome. How can I help?","choices":["First","Second"]}',
      ],
    ],
    [
      'a missing effect',
      [{ say: 'officer', effects: [{ type: 'hand-over', urgency: 'urgent' }] }],
      [
        'turn 1 (say "officer"): expected the effect {"type":"hand-over","urgency":"urgent"}, got [{"type":"hand-over","reason":"asked","urgency":"normal"}]',
      ],
    ],
    [
      'a session that goes on',
      [{ say: 'hello', ended: true }],
      ['turn 1 (say "hello"): expected the session to be over'],
    ],
    [
      'a variable',
      [{ say: 'hello', variables: { firstMessage: 'bye' } }],
      ['turn 1 (say "hello"): expected firstMessage to be "bye", got "hello"'],
    ],
    [
      'a button that is not there',
      [{ say: 'hello' }, { tap: 'Third' }],
      ['turn 2 (tap "Third"): there is no button "Third"'],
    ],
    ['a timer that is not set', [{ timer: 'wait' }], ['turn 1: no timer "wait" is set']],
    ['a result nobody awaits', [{ result: 1 }], ['turn 1: no result is awaited']],
    [
      'a broken pattern',
      [{ say: 'hello', expect: [{ pattern: '(' }] }],
      [
        'turn 1 (say "hello"): message 1: expected {"pattern":"("}, got {"text":"Welcome. How can I help?","choices":["First","Second"]}',
      ],
    ],
    ['two things in one turn', [{ say: 'hello', tap: 'x' }], ['turn 1 (say "hello"): a turn does one thing']],
  ])('shows %s', (_, turns, expected) => {
    expect(failuresOf(...turns)).toEqual(expected);
  });
});
