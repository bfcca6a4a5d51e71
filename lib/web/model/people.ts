import { signal } from '@preact/signals';
import { ChatError } from '../../client/chat-client.ts';

/** The fields of a user that are needed to show the name and avatar. */
export interface Person {
  readonly id: number;
  readonly username: string;
  readonly full_name: string | null;
  readonly avatar_url: string | null;
}

/** A user's name as plain text. It is unique, since it contains the user name. */
export const labelOf = ({ full_name, username }: Pick<Person, 'full_name' | 'username'>): string =>
  full_name === null ? username : `${isolated(full_name)} (@${username})`;

/**
 * Isolates the direction of a text from its surroundings (Unicode's UAX 9: FSI and PDI), for plain text, where no
 * element isolates it.
 */
export const isolated = (text: string): string =>
  /^[\0-\x7f]*$/.test(text) ? text : `\u2068${text.replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, '')}\u2069`;

/** The users whose names the page has seen. */
export const createPeople = (fetchProfile: (id: number) => Promise<Person>) => {
  const known = signal<ReadonlyMap<number, Person>>(new Map());
  const asked = new Set<number>();

  const learn = (people: readonly Person[]): void => {
    const news = people.filter(({ id, username, full_name, avatar_url }) => {
      const before = known.peek().get(id);
      return (
        before?.username !== username || before.full_name !== full_name || before.avatar_url !== avatar_url
      );
    });
    if (news.length === 0) return;
    known.value = new Map([...known.peek(), ...news.map((person) => [person.id, person] as const)]);
  };
  const ask = async (id: number): Promise<void> => {
    try {
      learn([await fetchProfile(id)]);
    } catch (error) {
      // A deactivated account has no profile: the name in the message is used instead. After other errors the profile
      // is requested again.
      if (!(error instanceof ChatError)) asked.delete(id);
    }
  };

  return {
    learn,
    /** Called when the user changes: what the new user may see is fetched anew. */
    forget: (): void => {
      known.value = new Map();
      asked.clear();
    },
    /**
     * A user's names. A message that names its sender differently is newer than the known profile: `deleted user`.
     *
     * @param named the name in a message, used until the profile is known
     */
    person: (id: number, named?: string): Omit<Person, 'id'> => {
      const person = known.value.get(id);
      if (person === undefined && !asked.has(id)) {
        asked.add(id);
        void ask(id);
      }
      if (person !== undefined && (named === undefined || person.username === named)) return person;
      return { username: named ?? 'Someone', full_name: null, avatar_url: null };
    },
  };
};
