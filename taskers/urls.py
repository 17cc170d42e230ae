"""The addresses of people, invitations and profiles."""

from django.urls import path

from taskers.web.views import audit, entrance, inbox, keys, people, person, profile, service_accounts, skills, tokens

urlpatterns = [
    path("people/", people.people, name="people"),
    path("people/invite/", people.invite, name="people-invite"),
    path("people/invite/list/", people.invite_list, name="people-invite-list"),
    path("people/invitations/<uuid:invitation_id>/withdraw/", people.withdraw, name="invitation-withdraw"),
    path("people/password/<str:key>/<str:token>/", entrance.password, name="password-link"),
    path("people/audit/", audit.audit, name="audit"),
    path("people/tokens/", tokens.tokens, name="tokens"),
    path("people/tokens/days/", tokens.days, name="token-days"),
    path("people/service-accounts/", service_accounts.accounts, name="service-accounts"),
    path("people/service-accounts/<uuid:account_id>/", service_accounts.account, name="service-account"),
    path("people/service-accounts/<uuid:account_id>/tokens/", service_accounts.issue, name="service-account-issue"),
    path(
        "people/service-accounts/<uuid:account_id>/tokens/<uuid:token_id>/rotate/",
        service_accounts.rotate,
        name="service-account-rotate",
    ),
    path("people/service-accounts/<uuid:account_id>/end/", service_accounts.end, name="service-account-end"),
    path("people/tokens/<uuid:token_id>/revoke/", tokens.revoke, name="office-token-revoke"),
    path("people/skills/", skills.skills, name="skills"),
    path("people/skills/<slug:skill_key>/", skills.skill, name="skill"),
    path("people/skills/<slug:skill_key>/withdraw/", skills.withdraw, name="skill-withdraw"),
    path("people/<uuid:person_id>/", person.person, name="person"),
    path("people/<uuid:person_id>/give-role/", person.give_role, name="person-give-role"),
    path("people/<uuid:person_id>/end-role/", person.end_role, name="person-end-role"),
    path("people/<uuid:person_id>/deactivate/", person.deactivate, name="person-deactivate"),
    path("people/<uuid:person_id>/reactivate/", person.reactivate, name="person-reactivate"),
    path("people/<uuid:person_id>/password-link/", person.password_link, name="person-password-link"),
    path("invitations/<str:secret>/", entrance.invitation, name="invitation"),
    path("inbox/", inbox.page, name="inbox"),
    path("inbox/badge/", inbox.badge, name="inbox-badge"),
    path("inbox/read/", inbox.read_all, name="inbox-read-all"),
    path("inbox/choices/", inbox.choices, name="inbox-choices"),
    path("inbox/<uuid:notification_id>/open/", inbox.open_one, name="inbox-open"),
    path("profile/", profile.profile, name="profile"),
    path("profile/keys/", keys.keys, name="keys"),
    path("profile/submit-on-choice/", keys.submit_on_choice, name="submit-on-choice"),
    path("profile/tokens/", profile.issue_token, name="token-issue"),
    path("profile/tokens/<uuid:token_id>/revoke/", profile.revoke_token, name="token-revoke"),
    path("profile/tokens/<uuid:token_id>/rotate/", profile.rotate_token, name="token-rotate"),
    path("organization/", profile.switch, name="organization-switch"),
]
