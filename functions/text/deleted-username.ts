/** Under this name stand the messages of accounts that are gone. */
export const DELETED_USERNAME = 'deleted user';
