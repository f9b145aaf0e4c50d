import { beforeAll, describe, expect, it } from 'vitest';
import { createTerminalChat, type TerminalChat } from '../../src/cli/terminal-chat.ts';
import { loadProgramSource } from '../../src/content/load-program.ts';
import { runConversationTest } from '../../src/flow/conversation-test.ts';
import { createProgram, type Program } from '../../src/flow/program.ts';

let program: Program;
beforeAll(async () => {
  program = createProgram(await loadProgramSource({ flowsDir: 'flows', localesDir: 'locales', matcher: 'none' }));
});

const chatAs = (changes: Partial<Parameters<typeof createTerminalChat>[1]> = {}): TerminalChat =>
  createTerminalChat(program, {
    language: 'en',
    isOpen: true,
    opensAt: '2026-03-16T05:00:00.000Z',
    isKnown: true,
    at: Date.UTC(2026, 2, 15, 9),
    ...changes,
  });

const say = (chat: TerminalChat, ...lines: string[]): string =>
  lines.map((line) => chat.read(line).join('\n')).at(-1) ?? '';

describe('the terminal chat', () => {
  it('shows choices numbered and takes a number as a tap', () => {
    const chat = chatAs();
    expect(say(chat, 'menu')).toContain('  4. Urgent');
    expect(say(chat, '5')).toContain('  2. Suggestion');
  });

  it('opens cases with references that can be followed afterwards, however they are typed', () => {
    const chat = chatAs();
    const opened = say(chat, 'suggestion', 'A cooler near the school');
    const reference = /W-\d{7}/.exec(opened)?.[0] ?? '';
    expect(reference).not.toBe('');
    expect(say(chat, 'track a request')).toContain(reference);
    expect(say(chat, '2', reference.toLowerCase().replace('-', ' '))).toContain('This is how your request stands');
    expect(say(chat, '2', 'W-0000018')).toContain('I did not find this number');
  });

  it('falls silent for the officer, obeys the menu, and asks for a rating when the officer closes', () => {
    const chat = chatAs();
    expect(say(chat, 'officer')).toContain('(hand-over)');
    expect(say(chat, 'are you there?')).toContain('kept for the officer');
    expect(say(chat, '/close')).toContain('How did we serve you?');
    say(chat, 'officer');
    expect(say(chat, 'menu')).toContain('How can I help?');
  });

  it('lets time pass and the office close', () => {
    const chat = chatAs();
    say(chat, '/closed');
    expect(say(chat, 'officer')).toContain('We open on Monday');
    expect(say(chat, '/wait')).toContain('(hand-over)');
    expect(say(chat, '/wait')).toBe('! no timer is set');
  });

  it('explains a command that lacks something, and answers other slashes as text', () => {
    const chat = chatAs();
    expect(say(chat, '/location here')).toContain('expected /location');
    expect(say(chat, '/contact 055')).toContain('expected /contact');
    expect(say(chat, '/edit')).toContain('expected /edit');
    expect(say(chat, '/edit again')).toContain('! nothing was said');
    expect(say(chat, '/start')).toContain('How can I help?');
  });

  it.each(['ar', 'en'])('records a conversation test that passes, in "%s"', (language) => {
    const chat = chatAs({ language, isKnown: false });
    const lines =
      language === 'ar' ? ['القائمة', 'موافق', '1', '6', 'تسرّب الماء'] : ['menu', 'yes', '1', '6', 'It leaks'];
    const after = ['/location 24.4 39.6', '/voice', 'Ali Hassan', '/contact Ali 0551234567', '/photo', '/closed'];
    const end = language === 'ar' ? ['تم', 'نعم', 'متابعة طلب', 'موظف'] : ['Done', 'yes', 'track a request', 'officer'];
    say(chat, ...lines, ...after, ...end);
    const test = chat.recording('recorded');
    expect(runConversationTest(program, test).failures).toEqual([]);
    expect(test.turns.some(({ effects }) => effects?.some(({ type }) => type === 'open-case'))).toBe(true);
    expect(JSON.stringify(test)).not.toMatch(/[\u2066-\u2069]/);
  });

  it('has a recording that can fail', () => {
    const chat = chatAs();
    say(chat, 'menu');
    const test = chat.recording('recorded');
    const [turn] = test.turns;
    const changed = { ...test, turns: [{ ...turn, expect: ['Something else'] }] };
    expect(runConversationTest(program, changed).ok).toBe(false);
  });
});
