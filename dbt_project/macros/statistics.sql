{% macro text_hash(text) -%}
    md5({{ text }})
{%- endmacro %}

{# A number in [0, 1) that looks drawn at random and is the same in every build: the first 32 bits of the hash. #}
{% macro hashed_fraction(text) -%}
    (cast('0x' || substr({{ text_hash(text) }}, 1, 8) as bigint) / 4294967296.0)
{%- endmacro %}

{# How often a row is drawn in a Poisson bootstrap (Chamandy et al. 2012): a Poisson number of mean 1 from a fraction. #}
{% macro poisson_one(u) -%}
    case
        when {{ u }} < 0.36787944 then 0
        when {{ u }} < 0.73575888 then 1
        when {{ u }} < 0.91969860 then 2
        when {{ u }} < 0.98101184 then 3
        when {{ u }} < 0.99634015 then 4
        when {{ u }} < 0.99940582 then 5
        else 6
    end
{%- endmacro %}

{# Determinant of the matrix with the three given columns, each a list of three expressions. #}
{% macro determinant(a, b, c) -%}
    (
        {{ a[0] }} * ({{ b[1] }} * {{ c[2] }} - {{ b[2] }} * {{ c[1] }})
        - {{ b[0] }} * ({{ a[1] }} * {{ c[2] }} - {{ a[2] }} * {{ c[1] }})
        + {{ c[0] }} * ({{ a[1] }} * {{ b[2] }} - {{ a[2] }} * {{ b[1] }})
    )
{%- endmacro %}
