/** How long the two links of a change of address work. */
export const EMAIL_CHANGE_LIFETIME = '24 hours'
