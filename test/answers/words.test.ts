import { describe, expect, it } from 'vitest';
import { read, readBack } from './read.ts';

describe('a yes-or-no answer', () => {
  it.each(
    'نعم|نعممممم|نَعَم|ايوه|أيوة|إيه|اي|آه|أجل|موافق|موافقة|أكيد|تمام|طيب|لا مانع|ليش لا|نعم إن شاء الله|نعم شكرا|yes|Yes please!|yesss|OK|okay|1|١|1️⃣|1.|👍|👍🏽|✅'.split(
      '|',
    ),
  )('reads %s as yes', (text) => {
    expect(read({ kind: 'yes-no' }, text)).toBe(true);
  });

  it.each('لا|لأ|لاااا|لا شكرا|كلا|مو موافق|غير موافق|لا أوافق|طبعا لا|no|No, thanks|nope|2|٢|0|👎|❌'.split('|'))(
    'reads %s as no',
    (text) => {
      expect(read({ kind: 'yes-no' }, text)).toBe(false);
    },
  );

  it.each('ربما|نعم لا|لا أدري|إن شاء الله|شكرا|3|12|👍👎|نعم بس عندي سؤال|not sure|yes and no|11'.split('|'))(
    'asks again at %s',
    (text) => {
      expect(read({ kind: 'yes-no' }, text)).toBe('!not-yes-or-no');
    },
  );

  it('reads back in the language of the conversation', () => {
    expect(readBack({ kind: 'yes-no' }, 'ok')).toBe('نعم');
    expect(readBack({ kind: 'yes-no' }, 'لا', 'en')).toBe('No');
  });
});

describe('a name answer', () => {
  it.each([
    ['محمد بن عبدالله', 'محمد بن عبدالله'],
    ['  مـحـمـد   علي. ', 'محمد علي'],
    ['اسمي فاطمة الزهراء', 'فاطمة الزهراء'],
    ['الاسم:سارة', 'سارة'],
    ['My name is Ali', 'Ali'],
    ['محمد 🌹', 'محمد'],
    ["O'Brien", "O'Brien"],
    ['José María', 'José María'],
    ['عَبدُالرَّحمٰن', 'عَبدُالرَّحمٰن'],
    ['张伟', '张伟'],
  ])('reads %s as %s', (text, value) => {
    expect(read({ kind: 'name' }, text)).toBe(value);
  });

  it.each(['12', 'م', 'https://x', 'السلام عليكم', 'مرحبا', 'نعم', '🌹', 'محمد 0501234567', '<b>Ali</b>'])(
    'refuses %s',
    (text) => {
      expect(read({ kind: 'name' }, text)).toBe('!not-a-name');
    },
  );

  it('counts words where the rule does, and limits the length', () => {
    expect(read({ kind: 'name', minWords: 3 }, 'محمد علي')).toBe('!name-too-few-words');
    expect(read({ kind: 'name', minWords: 3 }, 'محمد علي الحربي')).toBe('محمد علي الحربي');
    expect(read({ kind: 'name' }, 'ا'.repeat(101))).toBe('!too-long');
  });
});

describe('a text answer', () => {
  it('keeps the text as typed, without marks that steer its drawing', () => {
    expect(read({ kind: 'text' }, '  حي العزيزية،\r\n شارع ٥ \u202Egpj\u202C\u0000 ')).toBe(
      'حي العزيزية،\n شارع ٥ gpj',
    );
    expect(read({ kind: 'text' }, '👨‍👩‍👧 ok')).toBe('👨‍👩‍👧 ok');
  });

  it('counts characters, not code units', () => {
    expect(read({ kind: 'text', maxLength: 2 }, '🌹🌹')).toBe('🌹🌹');
    expect(read({ kind: 'text', maxLength: 2 }, '🌹🌹🌹')).toBe('!too-long');
    expect(read({ kind: 'text', minLength: 3 }, '🌹🌹')).toBe('!too-short');
    expect(read({ kind: 'text' }, 'ا'.repeat(2001))).toBe('!too-long');
  });

  it.each(['', '  \n', '\u200f', '\ud800', '\u200d', 'ـــ'])('finds nothing in an unseen text (%j)', (text) => {
    expect(read({ kind: 'text' }, text)).toBe('!empty');
  });
});

describe('an e-mail answer', () => {
  it.each([
    ['Ali@Gmail.COM', 'Ali@gmail.com'],
    ['ali @ gmail . com', 'ali@gmail.com'],
    ['ali٢@gmail،com', 'ali2@gmail.com'],
    ['ايميلي: ali@gmail.com.', 'ali@gmail.com'],
    ['<mailto:x.y+z@sub.example.org>', 'x.y+z@sub.example.org'],
  ])('reads %s as %s', (text, value) => {
    expect(read({ kind: 'email' }, text)).toBe(value);
  });

  it.each([
    ['ali@gmail', 'not-an-email'],
    ['@', 'not-an-email'],
    ['ali.gmail.com', 'not-an-email'],
    ['a..b@c.com', 'not-an-email'],
    ['علي@موقع.كوم', 'not-an-email'],
    [`${'a'.repeat(65)}@b.com`, 'not-an-email'],
    ['a@b.com c@d.com', 'several-values'],
  ])('refuses %s: %s', (text, code) => {
    expect(read({ kind: 'email' }, text)).toBe(`!${code}`);
  });
});
