"""The addresses of people, invitations and profiles."""

from django.urls import path

from taskers.web.views import audit, entrance, keys, people, person, profile, skills, tokens

urlpatterns = [
    path("people/", people.people, name="people"),
    path("people/invite/", people.invite, name="people-invite"),
    path("people/invite/list/", people.invite_list, name="people-invite-list"),
    path("people/invitations/<uuid:invitation_id>/withdraw/", people.withdraw, name="invitation-withdraw"),
    path("people/password/<str:key>/<str:token>/", entrance.password, name="password-link"),
    path("people/audit/", audit.audit, name="audit"),
    path("people/tokens/", tokens.tokens, name="tokens"),
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
    path("profile/", profile.profile, name="profile"),
    path("profile/keys/", keys.keys, name="keys"),
    path("profile/submit-on-choice/", keys.submit_on_choice, name="submit-on-choice"),
    path("profile/tokens/", profile.issue_token, name="token-issue"),
    path("profile/tokens/<uuid:token_id>/revoke/", profile.revoke_token, name="token-revoke"),
    path("organization/", profile.switch, name="organization-switch"),
]
