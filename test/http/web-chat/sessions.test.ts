import { describe, expect, it } from 'vitest';
import { createChatSessions } from '../../../src/http/web-chat/sessions.ts';

const day = 24 * 3_600_000;
const sessionKey = Buffer.alloc(32, 'k');

function sessionsAt(start: number, key: Buffer = sessionKey) {
  let now = start;
  const clock = { now: () => now, after: () => () => undefined };
  return { sessions: createChatSessions({ sessionKey: key, clock }), advance: (ms: number) => (now += ms) };
}

describe('chat sessions', () => {
  it('are known by their token for ninety days', () => {
    const { sessions, advance } = sessionsAt(0);
    const { token, expiresAt } = sessions.issue();
    expect(expiresAt).toBe(90 * day);
    advance(90 * day - 1);
    expect(sessions.verify(token)).toMatchObject({ expiresAt });
    advance(1);
    expect(sessions.verify(token)).toBeNull();
  });

  it('keep their chat when renewed, and begin another when what is renewed is not valid', () => {
    const { sessions, advance } = sessionsAt(0);
    const { token } = sessions.issue();
    advance(80 * day);
    const renewed = sessions.issue(token);
    expect(renewed.expiresAt).toBe(170 * day);
    expect(sessions.verify(renewed.token)?.chat).toBe(sessions.verify(token)?.chat);
    advance(60 * day);
    const late = sessions.issue(token);
    expect(sessions.verify(late.token)?.chat).not.toBe(sessions.verify(renewed.token)?.chat);
  });

  it('have a chat each, which tells nothing of the token', () => {
    const { sessions } = sessionsAt(0);
    const tokens = Array.from({ length: 100 }, () => sessions.issue().token);
    const chats = tokens.map((token) => sessions.verify(token)?.chat ?? '');
    expect(new Set(chats).size).toBe(100);
    expect(chats.every((chat, index) => /^[\w-]{43}$/.test(chat) && !tokens[index]?.includes(chat.slice(0, 8)))).toBe(
      true,
    );
  });

  it('refuse a token with any character changed, cut or added, and one of another installation', () => {
    const { sessions } = sessionsAt(0);
    const { token } = sessions.issue();
    for (let at = 0; at < token.length; at += 1) {
      const other = token[at] === 'A' ? 'B' : 'A';
      expect(sessions.verify(token.slice(0, at) + other + token.slice(at + 1))).toBeNull();
    }
    for (const wrong of ['', 'x', token.slice(1), `${token}A`, `${token}=`, `${token.slice(0, -1)}`]) {
      expect(sessions.verify(wrong)).toBeNull();
    }
    expect(sessionsAt(0, Buffer.alloc(32, 'o')).sessions.verify(token)).toBeNull();
  });
});
