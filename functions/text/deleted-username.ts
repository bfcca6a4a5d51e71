/** The name shown for deactivated accounts. */
export const DELETED_USERNAME = 'deleted user';
